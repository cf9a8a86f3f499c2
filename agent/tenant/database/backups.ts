// What all kinds of backups share: a writable folder, a free name, and deletion.
import { AppError } from '../../../shared/errors.js';
import { fileTimestamp } from '../../../shared/os/clock.js';
import type { TenantPath } from '../../command/tenant_path.js';
import type { ReadContext } from '../site.js';
import { findFreeName, lookAt } from '../tenant_files.js';
import { isBackupPath, partialSuffix, recordSuffix } from './backup_paths.js';

/** Throws AppError `database-unusable` when the tenant's user may not make files in the folder of its backups. */
export async function checkBackupFolder({ site, probe }: ReadContext, folder: TenantPath): Promise<void> {
  const script = 'test -d "$1" && test -w "$1" && test -x "$1"';
  const { exitCode } = await lookAt({ probe, user: site.user }, { script, words: [folder] });
  if (exitCode === 0) return;
  throw new AppError('database-unusable', `${site.user.name} cannot write backups to ${folder.shown}`, {
    hint: `Create the folder and give it to ${site.user.name}, or set database.backup_dir to another one.`,
  });
}

/** `<base>.backup_20251216_101530`, or the same with `_2`, `_3` … where that is taken. */
export function findFreeBackupPath({ site, probe }: ReadContext, base: TenantPath, at: Date): Promise<TenantPath> {
  const first = base.withSuffix(`.backup_${fileTimestamp(at)}`);
  return findFreeName({ probe, user: site.user }, first, recordSuffix);
}

/**
 * Deletes backups and the files beside them, complete or not, as the tenant's user. Paths that are not named like
 * backups are skipped; missing files are no error. Throws AppError `io` naming what could not be deleted.
 */
export async function discardBackups({ site, probe }: ReadContext, paths: readonly TenantPath[]): Promise<void> {
  const ends = ['', recordSuffix, partialSuffix, `${partialSuffix}-journal`];
  const files = paths
    .filter(({ name }) => isBackupPath(name))
    .flatMap((backup) => ends.map((end) => backup.withSuffix(end)));
  if (files.length === 0) return;
  const { exitCode, stderr } = await probe({ argv: ['rm', '-f', '--', ...files], user: site.user, cwd: '/' });
  if (exitCode !== 0) throw new AppError('io', `Old backups could not be deleted: ${stderr.trim()}`);
}
