// What all kinds of backups share: a writable folder, a free name, and deletion.
import { lstat } from 'node:fs/promises';
import { AppError } from '../../../shared/errors.js';
import { fileTimestamp } from '../../../shared/os/clock.js';
import type { ReadContext } from '../site.js';
import { isBackupPath, partialPathOf, recordPathOf } from './backup_paths.js';
import { hasErrno } from '../../../shared/os/errno.js';

/** Throws AppError `database-unusable` when the tenant's user may not make files in the folder of its backups. */
export async function checkBackupFolder({ site, probe }: ReadContext, folder: string): Promise<void> {
  const script = 'test -d "$1" && test -w "$1" && test -x "$1"';
  const { exitCode } = await probe({ argv: ['sh', '-c', script, 'sh', folder], user: site.user, cwd: '/' });
  if (exitCode === 0) return;
  throw new AppError('database-unusable', `${site.user.name} cannot write backups to ${folder}`, {
    hint: `Create the folder and give it to ${site.user.name}, or set database.backup_dir to another one.`,
  });
}

/** `<base>.backup_20251216_101530`, or the same with `_2`, `_3` … where that is taken. */
export async function findFreeBackupPath(base: string, at: Date): Promise<string> {
  const first = `${base}.backup_${fileTimestamp(at)}`;
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? first : `${first}_${n}`;
    const taken = await Promise.all([candidate, recordPathOf(candidate)].map(exists));
    if (!taken.includes(true)) return candidate;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/**
 * Deletes backups and the files beside them, complete or not, as the tenant's user. Paths that are not named like
 * backups are skipped; missing files are no error. Throws AppError `io` naming what could not be deleted.
 */
export async function discardBackups({ site, probe }: ReadContext, paths: readonly string[]): Promise<void> {
  const files = paths
    .filter(isBackupPath)
    .flatMap((backup) => [backup, recordPathOf(backup), partialPathOf(backup), `${partialPathOf(backup)}-journal`]);
  if (files.length === 0) return;
  const { exitCode, stderr } = await probe({ argv: ['rm', '-f', '--', ...files], user: site.user, cwd: '/' });
  if (exitCode !== 0) throw new AppError('io', `Old backups could not be deleted: ${stderr.trim()}`);
}
