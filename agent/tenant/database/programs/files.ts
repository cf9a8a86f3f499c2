// File operations that survive a power cut and follow no symbolic link at the end of a path.
import { chmodSync, chownSync, closeSync, fsyncSync, lstatSync, openSync, rmSync, type Stats } from 'node:fs';
import path from 'node:path';

/** The files that belong to a database: SQLite reads them by name, so they go wherever it goes. */
export const companions = ['-wal', '-shm', '-journal'] as const;

/** What lies at `file` (a link itself, not its target), or null. */
export function look(file: string): Stats | null {
  return lstatSync(file, { throwIfNoEntry: false }) ?? null;
}

/** Brings a file's content and size to the disk. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Brings the names in the folder of `file` to the disk. */
export function syncFolderOf(file: string): void {
  syncFile(path.dirname(file));
}

/** Gives `file` the mode of `model` and, where this user may, its group. */
export function copyAttributes(model: Stats, file: string): void {
  try {
    chownSync(file, -1, model.gid);
  } catch {
    // A group that this user is no member of: the file keeps the user's own.
  }
  chmodSync(file, model.mode & 0o777);
}

/** Removes an unfinished database file with all that belongs to it; one that is not there is fine. */
export function removeUnfinished(file: string): void {
  for (const name of [file, ...companions.map((suffix) => file + suffix)]) rmSync(name, { force: true });
}
