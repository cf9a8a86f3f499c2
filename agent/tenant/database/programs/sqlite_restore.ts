// Program: restores a SQLite database from a backup. What it replaces is moved aside, never deleted.
//
// A kill may come between any two operations; another run with the same stamp has the same result. The copy is
// complete, checked and synced before anything moves. It gets the database's name only when no companion file is left
// beside that name; what a killed run did not move, the next run moves first.
import { closeSync, constants, copyFileSync, openSync, readSync, renameSync, type Stats } from 'node:fs';
import { companions, copyAttributes, statOrNull, removeUnfinished, syncFile, syncFolderOf } from './files.js';
import { runProgram } from './program.js';
import { findDamage, openImmutable } from './sqlite.js';

function restore(file: string, backup: string, stamp: string): string {
  const model = statOrNull(backup);
  if (model === null) throw new Error(`The backup ${backup} is missing; nothing was replaced`);
  if (!model.isFile() || model.size === 0) throw new Error(`${backup} is no backup; nothing was replaced`);
  const temporary = `${file}.restoring_${stamp}`;
  removeUnfinished(temporary);
  if (isRestored(file, backup)) {
    copyAttributes(model, file);
    syncFile(file);
    syncFolderOf(file);
    return `${file} is already restored from ${backup}`;
  }
  try {
    makeCopy(backup, temporary, model);
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
function makeCopy(backup: string, temporary: string, model: Stats): void {
  copyFileSync(backup, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  copyAttributes(model, temporary);
  const copy = openImmutable(temporary);
  try {
    const damage = findDamage(copy);
    if (damage !== null) throw new Error(`The backup ${backup} is damaged: ${damage}; nothing was replaced`);
  } finally {
    copy.close();
  }
  syncFile(temporary);
}

/** Renames the database and its companions (files, links or folders) to free names; returns a line for each rename. */
function moveAside(file: string, stamp: string): string[] {
  const present = [...companions, ''].filter((suffix) => statOrNull(file + suffix) !== null);
  let aside = `${file}.failed_${stamp}`;
  for (let n = 2; present.some((suffix) => statOrNull(aside + suffix) !== null); n += 1) {
    aside = `${file}.failed_${stamp}_${n}`;
  }
  return present.map((suffix) => {
    renameSync(file + suffix, aside + suffix);
    return `moved ${file + suffix} aside to ${aside + suffix}`;
  });
}

await runProgram((args) => restore(args.next('database'), args.next('backup'), args.next('stamp')));
