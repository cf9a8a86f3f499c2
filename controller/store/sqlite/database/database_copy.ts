// Copies the database while it is in use.
import { DatabaseSync } from '@photostructure/sqlite';

/**
 * Writes what is committed in `from` into `to`, an empty file, and changes the copy by these statements, as far as the
 * database has the table that each names. The copy is whole in its one file. Throws what SQLite throws.
 */
export function copyDatabase({ from, to }: { from: string; to: string }, changes: readonly Change[]): void {
  const source = new DatabaseSync(from, { timeout: 30_000 });
  try {
    source.prepare('VACUUM INTO ?').run(to);
  } finally {
    source.close();
  }
  const copy = new DatabaseSync(to);
  try {
    copy.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL');
    const hasTable = copy.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`);
    copy.exec('BEGIN IMMEDIATE');
    for (const { table, sql, values } of changes) {
      if (hasTable.get(table) !== undefined) copy.prepare(sql).run(...values);
    }
    copy.exec('COMMIT');
  } finally {
    copy.close();
  }
}

export interface Change {
  table: string;
  sql: string;
  values: readonly string[];
}
