// Program: backs up the SQLite databases of a tenant as one, also while others write to them or after a writer was
// killed. No backup gets its name before all copies are complete and checked.
import { closeSync, openSync } from 'node:fs';
import { partialPathOf } from '../backup_paths.js';
import { isSealed, sealBackup } from './backup_file.js';
import { copyAttributes, statOrNull, removeUnfinished } from './files.js';
import { runProgram, type BackedUpFile } from './program.js';
import { copyDatabase, findDamage, openExisting, openImmutable } from './sqlite.js';

/** Allowed writers may hold the lock for a long time; the command has its own time limit. */
const lockWaitMs = 60_000;

async function backUpAll(pairs: readonly BackedUpFile[], record: string): Promise<string> {
  // A run that was killed leaves unfinished copies, or both names of finished ones.
  for (const { backup } of pairs) removeUnfinished(partialPathOf(backup));
  const missing = pairs.filter(({ backup }) => !isSealed(backup, record));
  try {
    for (const pair of missing) await copyChecked(pair);
    for (const { backup } of missing) sealBackup(backup, record);
  } catch (error) {
    for (const { backup } of missing) removeUnfinished(partialPathOf(backup));
    throw error;
  }
  const describe = ({ file, backup }: BackedUpFile) =>
    missing.some((pair) => pair.backup === backup)
      ? `Backed up ${file} to ${backup} (${statOrNull(backup)?.size ?? 0} bytes)`
      : `The backup ${backup} is complete already`;
  return pairs.map(describe).join('\n');
}

async function copyChecked({ file, backup }: BackedUpFile): Promise<void> {
  const original = statOrNull(file);
  if (original === null) throw new Error(`The database ${file} does not exist`);
  if (!original.isFile()) throw new Error(`The database ${file} is not a regular file`);
  const partial = partialPathOf(backup);
  // The program creates the file itself: one that SQLite creates could be readable by others.
  closeSync(openSync(partial, 'wx', 0o600));
  await copyInto(file, partial);
  copyAttributes(original, partial);
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

await runProgram((args) => backUpAll(args.pairs(), args.rest()));
