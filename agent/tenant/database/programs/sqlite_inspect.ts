// Program: reports whether the SQLite databases of a tenant can be backed up and restored, their sizes, and which other
// SQLite files lie in its data folder. It only reads. The tenant's services may be running.
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { findOddCompanion, statOrNull } from './files.js';
import { findOtherDatabases } from './other_databases.js';
import { runProgram } from './program.js';
import { findDamage, isLocked, openExisting } from './sqlite.js';

type Refusal = { usable: false; problem: string; remedy: string };
type Inspection = { usable: true; sizes: number[]; others: string[]; warnings: string[] } | Refusal;

function inspectAll(dataDir: string, files: readonly string[]): Inspection {
  const sizes: number[] = [];
  const warnings: string[] = [];
  for (const file of files) {
    const found = inspect(file, warnings);
    if (typeof found !== 'number') return found;
    sizes.push(found);
  }
  return { usable: true, sizes, others: findOtherDatabases(dataDir, files), warnings };
}

/** The size of the database and its log, or why it cannot be used. */
function inspect(file: string, warnings: string[]): number | Refusal {
  const found = statOrNull(file);
  if (found === null) {
    return refuse(
      file,
      'does not exist',
      'Set data_dir and database.sqlite to where the database is, or database to none.',
    );
  }
  if (found.isSymbolicLink()) {
    return refuse(file, 'is a symbolic link', 'Set data_dir and database.sqlite to the file that it leads to.');
  }
  if (!found.isFile()) return refuse(file, 'is not a regular file', 'Set database.sqlite to the database file.');
  const odd = findOddCompanion(file);
  if (odd !== null) return refuse(odd, 'is not a regular file', 'Remove it: SQLite makes it when it needs it.');
  if (found.uid !== process.geteuid?.()) {
    return refuse(
      file,
      `belongs to user id ${found.uid}, the tenant is ${process.geteuid?.()}`,
      'Give the database to the tenant (chown), or set user to its owner.',
    );
  }
  const folder = path.dirname(file);
  if (!isWritable(folder)) {
    return refuse(
      file,
      `lies in ${folder}, which user id ${process.geteuid?.()} cannot write; it belongs to user id ${statSync(folder).uid}`,
      `A restore renames files there: give the folder to the tenant (chown ${process.geteuid?.()} ${folder}).`,
    );
  }
  const damage = checkStructure(file, warnings);
  if (damage !== null) {
    return refuse(
      file,
      `is damaged: ${damage}`,
      'Repair it or put a backup back first; if it is encrypted or no SQLite database, set database.backup and .restore.',
    );
  }
  return found.size + (statOrNull(`${file}-wal`)?.size ?? 0);
}

function refuse(file: string, problem: string, remedy: string): Refusal {
  return { usable: false, problem: `The database ${file} ${problem}`, remedy };
}

/** The damage, or null. A database that its services keep locked is checked when it is backed up. */
function checkStructure(file: string, warnings: string[]): string | null {
  const database = openExisting(file);
  try {
    database.exec('PRAGMA query_only = ON');
    return findDamage(database);
  } catch (error) {
    if (!isLocked(error)) throw error;
    warnings.push(`The database ${file} is locked by another process; it is checked only when it is backed up`);
    return null;
  } finally {
    database.close();
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

await runProgram((args) => JSON.stringify(inspectAll(args.next('data folder'), args.all())));
