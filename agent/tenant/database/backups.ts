// What all kinds of backups share: a writable folder, a free name, and deletion.
import { AppError } from '../../../shared/errors.js';
import { fileTimestamp } from '../../../shared/os/clock.js';
import type { TenantPath } from '../../command/tenant_path.js';
import type { ReadContext } from '../site.js';
import { requireWritableFolder } from '../plan_folders.js';
import { findFreeSuffix } from '../tenant_files.js';
import { isAsidePath, isBackupPath, partialSuffix, recordSuffix, restoringNameOf } from './backup_paths.js';

/** Throws AppError `database-unusable` when the tenant's user may not make files in the folder of its backups. */
export async function checkBackupFolder({ site, probe }: ReadContext, folder: TenantPath): Promise<void> {
  await requireWritableFolder({ probe, user: site.user }, folder, {
    code: 'database-unusable',
    use: 'write backups to',
    hint: 'or set database.backup_dir to another one.',
  });
}

/**
 * `<base>.backup_20251216_101530` of the first base, or the same with `_2`, `_3` … where that is taken for any of them.
 */
export async function findFreeBackupPath(
  { site, probe }: ReadContext,
  bases: readonly [TenantPath, ...TenantPath[]],
  at: Date,
): Promise<TenantPath> {
  const end = `.backup_${fileTimestamp(at)}`;
  const [first, ...others] = bases;
  const names = [first.withSuffix(end), ...others.map((base) => base.withSuffix(end))] as const;
  const free = await findFreeSuffix({ probe, user: site.user }, names, recordSuffix);
  return first.withSuffix(end + free);
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

/**
 * Deletes databases that restores set aside, as the tenant's user, with their companions and those of a repeated
 * restore. Other names are skipped; missing files are no error. Throws AppError `io`.
 */
export async function discardAside({ probe, site }: ReadContext, paths: readonly TenantPath[]): Promise<void> {
  const names = paths.filter(({ name }) => isAsidePath(name));
  if (names.length === 0) return;
  // Companion files (-wal, -shm, -journal) and files of a repeated restore have the same name plus a suffix.
  const script = 'for name in "$@"; do rm -f -- "$name" "$name"-* "$name"_[0-9]*; done';
  const { exitCode, stderr } = await probe({ argv: ['sh', '-c', script, 'sh', ...names], user: site.user, cwd: '/' });
  if (exitCode !== 0) throw new AppError('io', `Old databases could not be deleted: ${stderr.trim()}`);
}

/** The drafts of a backup, of an archive, or of the restore that set a database aside at this path. */
export function listDraftsOf(path: TenantPath): TenantPath[] {
  const draft = isAsidePath(path.name) ? path.parent.join(restoringNameOf(path.name)) : path.withSuffix(partialSuffix);
  return ['', '-wal', '-shm', '-journal'].map((end) => draft.withSuffix(end));
}
