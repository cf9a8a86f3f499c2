// The one module of the agent that imports the SQLite library: opening, reading, checking and copying a database file.
import { pathToFileURL } from 'node:url';
import { findOddCompanion } from './files.js';
import { backup, DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';

export type { DatabaseSyncInstance } from '@photostructure/sqlite';

/** The default wait for a lock that another process holds. */
const shortWaitMs = 2000;

export const sqliteCodes = { error: 1, busy: 5, locked: 6, corrupt: 11, notADatabase: 26 };

/** Opens a database that exists, as any program of the tenant would: a hot journal is rolled back, a log recovered. */
export function openExisting(file: string, lockWaitMs = shortWaitMs): DatabaseSyncInstance {
  const odd = findOddCompanion(file);
  if (odd !== null) throw new Error(`${odd} is not a regular file: remove it`);
  const url = pathToFileURL(file);
  url.searchParams.set('mode', 'rw');
  return new DatabaseSync(url, { timeout: lockWaitMs });
}

/** Opens the file alone and for reading: no lock, no log, no journal, and nothing appears beside it. */
export function openImmutable(file: string): DatabaseSyncInstance {
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true });
}

/** The rows of a query, each as the list of its values. */
export function readRows(database: DatabaseSyncInstance, sql: string): unknown[][] {
  return database.prepare(sql, { returnArrays: true }).all();
}

/**
 * What is wrong with the structure of a database, in SQLite's words, or null. Rows that violate a CHECK do not count. A
 * schema that uses the app's own collations or functions cannot be checked in full from outside. There the check walks
 * every page of every tree instead.
 */
export function findDamage(database: DatabaseSyncInstance): string | null {
  try {
    database.exec('PRAGMA ignore_check_constraints = ON');
    const [finding] = readRows(database, 'PRAGMA quick_check(1)')[0] ?? [];
    return finding === 'ok' ? null : String(finding);
  } catch (error) {
    if (codeOf(error) !== sqliteCodes.error) return describeDamage(error);
  }
  try {
    const [page] = readRows(database, "SELECT pageno FROM dbstat WHERE pagetype = 'corrupted' LIMIT 1");
    return page === undefined ? null : `page ${String(page[0])} is corrupted`;
  } catch (error) {
    return describeDamage(error);
  }
}

/** A lock or an I/O error does not prove damage; it is thrown. */
function describeDamage(error: unknown): string {
  const code = codeOf(error);
  const isDamage = code === sqliteCodes.corrupt || code === sqliteCodes.notADatabase;
  if (isDamage && error instanceof Error) return error.message;
  throw error;
}

/**
 * Copies all that is committed into `target`, an empty file, and syncs it. The copy needs no other file and keeps the
 * journal mode. Others may write meanwhile; the copy is of one moment.
 */
export async function copyDatabase(database: DatabaseSyncInstance, target: string): Promise<void> {
  // Reading through a mapping takes a fifth off the copy.
  database.exec(`PRAGMA mmap_size = ${2 ** 40}`);
  // The copy reads inside this transaction, so another process's lock is an error here. Without it the copy waits
  // forever.
  database.exec('BEGIN');
  readRows(database, 'PRAGMA schema_version');
  await backup(database, target, { rate: -1 });
  database.exec('COMMIT');
}

/** True when another process keeps the database locked. */
export function isLocked(error: unknown): boolean {
  const code = codeOf(error);
  return code === sqliteCodes.busy || code === sqliteCodes.locked;
}

/** SQLite's primary result code, or null for an error of another origin. */
export function codeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}
