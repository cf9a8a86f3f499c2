// Program: backs up a SQLite database, also while others write to it or after a writer was killed.
import { closeSync, openSync } from 'node:fs';
import { partialPathOf } from '../backup_paths.js';
import { isSealed, sealBackup } from './backup_file.js';
import { copyAttributes, statOrNull, removeUnfinished } from './files.js';
import { runProgram } from './program.js';
import { copyDatabase, findDamage, openExisting, openImmutable } from './sqlite.js';

/** Allowed writers may hold the lock for a long time; the command has its own time limit. */
const lockWaitMs = 60_000;

async function backUp(file: string, backup: string, record: string): Promise<string> {
  const partial = partialPathOf(backup);
  // A run that was killed leaves an unfinished copy, or both names of the finished one.
  removeUnfinished(partial);
  if (isSealed(backup, record)) return `The backup ${backup} is complete already`;
  const original = statOrNull(file);
  if (original === null) throw new Error(`The database ${file} does not exist`);
  if (!original.isFile()) throw new Error(`The database ${file} is not a regular file`);
  try {
    // The program creates the file itself: one that SQLite creates could be readable by others.
    closeSync(openSync(partial, 'wx', 0o600));
    await copyInto(file, partial);
    copyAttributes(original, partial);
    sealBackup(backup, record);
  } catch (error) {
    removeUnfinished(partial);
    throw error;
  }
  return `Backed up ${file} to ${backup} (${statOrNull(backup)?.size ?? 0} bytes)`;
}

async function copyInto(file: string, partial: string): Promise<void> {
  const database = openExisting(file, lockWaitMs);
  try {
    await copyDatabase(database, partial);
  } finally {
    database.close();
  }
  const copy = openImmutable(partial);
  try {
    const damage = findDamage(copy);
    if (damage !== null) throw new Error(`The copy of ${file} is damaged: ${damage}`);
  } finally {
    copy.close();
  }
}

await runProgram((args) => backUp(args.next('database'), args.next('backup'), args.rest()));
