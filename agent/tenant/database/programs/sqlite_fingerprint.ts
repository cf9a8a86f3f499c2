// Program: prints a fingerprint of the SQLite databases of a tenant: a line that is the same if and only if their content
// is. How a file came about does not count: a restored copy has the line of its original.
//
// A small database is read row by row, so that not even a VACUUM changes the line. That takes some five times as long as
// reading the file, so of a large one the pages are read, without the counters that opening, copying and restoring
// change. SQLite's backup copies pages as they are, so restored pages are the same. Rewritten ones count as changed, which
// is the safe side: nobody's data is given up unasked.
import { statOrNull } from './files.js';
import { hashPages } from './hash_pages.js';
import { hashRows } from './hash_rows.js';
import { runProgram } from './program.js';
import { isLocked, openExisting, readRows } from './sqlite.js';

/** Rows of this much take a tenth of a second. */
const maxRowsBytes = 16 * 1024 ** 2;

function printFingerprint(files: readonly string[]): string {
  return files.map(fingerprint).join(' ');
}

function fingerprint(file: string): string {
  const found = statOrNull(file);
  if (found === null) throw new Error(`The database ${file} does not exist`);
  if (!found.isFile()) throw new Error(`The database ${file} is not a regular file`);
  const rows = readDatabase(file);
  return rows ?? `pages=${hashPages(file)}`;
}

/** Brings the whole log into the file, or rolls back a hot journal. The hash of the rows, or null to hash the pages. */
function readDatabase(file: string): string | null {
  const database = openExisting(file);
  try {
    readRows(database, 'PRAGMA schema_version');
    const [isBusy] = readRows(database, 'PRAGMA wal_checkpoint(TRUNCATE)')[0] ?? [];
    if (isBusy !== 0) throw new Error(`The database ${file} is in use: its log could not be brought into the file`);
    if ((statOrNull(file)?.size ?? 0) > maxRowsBytes) return null;
    const hash = hashRows(database);
    return hash === null ? null : `rows=${hash}`;
  } catch (error) {
    if (isLocked(error)) throw new Error(`The database ${file} is locked by another process`, { cause: error });
    throw error;
  } finally {
    database.close();
  }
}

await runProgram((args) => printFingerprint(args.all()));
