// Program: restores the SQLite databases of a tenant from their backups, as one. What it replaces is moved aside, never
// deleted.
//
// A kill may come between any two operations; another run with the same stamp has the same result. All copies are
// complete, checked and synced before anything moves: a backup that cannot be used leaves every database as it is. A copy
// gets its database's name only when no companion file is left beside that name; what a killed run did not move, the next
// run moves first.
import { closeSync, constants, copyFileSync, openSync, readSync, renameSync, type Stats } from 'node:fs';
import { companions, copyAttributes, statOrNull, removeUnfinished, syncFile, syncFolderOf } from './files.js';
import { asideSuffix, restoringPathOf } from '../backup_paths.js';
import { runProgram, type BackedUpFile } from './program.js';
import { findDamage, openImmutable } from './sqlite.js';

function restoreAll(pairs: readonly BackedUpFile[], stamp: string): string {
  for (const { backup } of pairs) requireBackup(backup);
  for (const { file } of pairs) removeUnfinished(restoringPathOf(file, stamp));
  const missing = pairs.filter(({ file, backup }) => !isRestored(file, backup));
  try {
    for (const { file, backup } of missing) makeCopy(backup, restoringPathOf(file, stamp));
  } catch (error) {
    for (const { file } of missing) removeUnfinished(restoringPathOf(file, stamp));
    throw error;
  }
  const lines = pairs.map((pair) => (missing.includes(pair) ? replace(pair, stamp) : confirm(pair)));
  return lines.join('\n');
}

function requireBackup(backup: string): void {
  const found = statOrNull(backup);
  if (found === null) throw new Error(`The backup ${backup} is missing; nothing was replaced`);
  if (!found.isFile() || found.size === 0) throw new Error(`${backup} is no backup; nothing was replaced`);
}

/** Brings a finished restore to the disk once more: the run that made it may have been killed before its sync. */
function confirm({ file, backup }: BackedUpFile): string {
  copyAttributes(statsOf(backup), file);
  syncFile(file);
  syncFolderOf(file);
  return `${file} is already restored from ${backup}`;
}

function replace({ file, backup }: BackedUpFile, stamp: string): string {
  const temporary = restoringPathOf(file, stamp);
  try {
    const moves = moveAside(file, stamp);
    // The removal of the old names must be on the disk before the new file takes one of them.
    syncFolderOf(file);
    renameSync(temporary, file);
    syncFolderOf(file);
    return [`Restored ${file} from ${backup}`, ...moves].join('; ');
  } catch (error) {
    removeUnfinished(temporary);
    throw error;
  }
}

/** True when a restore has finished: a separate file with the bytes of the backup, and no companions beside it. */
function isRestored(file: string, backup: string): boolean {
  const [one, other] = [statOrNull(file), statOrNull(backup)];
  if (one?.isFile() !== true || other === null || one.ino === other.ino || one.uid !== other.uid) return false;
  if (companions.some((suffix) => statOrNull(file + suffix) !== null)) return false;
  return one.size === other.size && isSameContent(file, backup);
}

function isSameContent(one: string, other: string): boolean {
  const chunk = Buffer.alloc(1024 ** 2);
  const otherChunk = Buffer.alloc(1024 ** 2);
  const descriptor = openSync(one, 'r');
  const otherDescriptor = openSync(other, 'r');
  try {
    for (;;) {
      const length = readSync(descriptor, chunk);
      const otherLength = readSync(otherDescriptor, otherChunk);
      if (!chunk.subarray(0, length).equals(otherChunk.subarray(0, otherLength))) return false;
      if (length === 0) return true;
    }
  } finally {
    closeSync(descriptor);
    closeSync(otherDescriptor);
  }
}

/** A whole, checked and synced copy. The backup has the mode and the group that the database had. */
function makeCopy(backup: string, temporary: string): void {
  copyFileSync(backup, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  copyAttributes(statsOf(backup), temporary);
  const copy = openImmutable(temporary);
  try {
    const damage = findDamage(copy);
    if (damage !== null) throw new Error(`The backup ${backup} is damaged: ${damage}; nothing was replaced`);
  } finally {
    copy.close();
  }
  syncFile(temporary);
}

function statsOf(backup: string): Stats {
  const found = statOrNull(backup);
  if (found === null) throw new Error(`The backup ${backup} has gone`);
  return found;
}

/** Renames the database and its companions (files, links or folders) to free names; returns a line for each rename. */
function moveAside(file: string, stamp: string): string[] {
  const present = [...companions, ''].filter((suffix) => statOrNull(file + suffix) !== null);
  const first = file + asideSuffix(stamp);
  let aside = first;
  for (let n = 2; present.some((suffix) => statOrNull(aside + suffix) !== null); n += 1) {
    aside = `${first}_${n}`;
  }
  return present.map((suffix) => {
    renameSync(file + suffix, aside + suffix);
    return `moved ${file + suffix} aside to ${aside + suffix}`;
  });
}

await runProgram((args) => restoreAll(args.pairs(), args.next('stamp')));
