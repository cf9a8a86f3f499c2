// File operations that survive a power cut and follow no symbolic link at the end of a path.
import { chmodSync, chownSync, closeSync, fsyncSync, lstatSync, openSync, rmSync, type Stats } from 'node:fs';
import path from 'node:path';

/** The companion files of a database: SQLite finds them by name, so they move with it. */
export const companions = ['-wal', '-shm', '-journal'] as const;

/** The stats of `file` (of a link itself, not of its target), or null where there is none. */
export function statOrNull(file: string): Stats | null {
  return lstatSync(file, { throwIfNoEntry: false }) ?? null;
}

/** A companion of the database that is no regular file: SQLite would wait for a FIFO forever. Null without one. */
export function findOddCompanion(file: string): string | null {
  const names = companions.map((suffix) => file + suffix);
  return names.find((name) => statOrNull(name)?.isFile() === false) ?? null;
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
    // This user is no member of that group: the file keeps the user's own group.
  }
  chmodSync(file, model.mode & 0o777);
}

/** Removes an unfinished database file and its companions; a missing one is no error. */
export function removeUnfinished(file: string): void {
  for (const name of [file, ...companions.map((suffix) => file + suffix)]) rmSync(name, { force: true });
}
