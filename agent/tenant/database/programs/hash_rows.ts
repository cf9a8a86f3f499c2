// The hash of what a SQLite database holds: its schema, its rows and the numbers that apps keep in its header. Where the
// rows lie does not count.
import { createHash, type Hash } from 'node:crypto';
import { codeOf, readRows, sqliteCodes, type DatabaseSyncInstance } from './sqlite.js';

/** What apps keep in the header. */
const ownNumbers = ['user_version', 'application_id', 'encoding'];

/**
 * Hexadecimal; null for a schema that this program cannot read, as it uses functions or modules of the app's own. The
 * tables of a virtual table are read, not the virtual table. What the query planner collects (`sqlite_stat…`) is no data.
 */
export function hashRows(database: DatabaseSyncInstance): string | null {
  const hash = createHash('sha256');
  database.exec('BEGIN');
  try {
    for (const name of ownNumbers) add(hash, [name, readRows(database, `PRAGMA ${name}`)]);
    const schema = readRows(
      database,
      "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_stat[0-9]' ORDER BY type, name",
    );
    add(hash, schema);
    for (const [type, name, , sql] of schema) {
      if (type !== 'table' || (typeof sql === 'string' && /^CREATE VIRTUAL TABLE/i.test(sql))) continue;
      add(hash, [name, readTable(database, String(name))]);
    }
    return hash.digest('hex');
  } catch (error) {
    if (codeOf(error) === sqliteCodes.error) return null;
    throw error;
  } finally {
    database.exec('COMMIT');
  }
}

function add(hash: Hash, value: unknown): void {
  hash.update(`${JSON.stringify(value)}\n`);
}

/**
 * The rows of a table as one text, in the order in which they lie. SQLite puts it together: a row at a time would take
 * five times as long. `quote` would end a text at its first zero byte, so texts are written as their bytes.
 */
function readTable(database: DatabaseSyncInstance, table: string): unknown {
  const columns = readRows(database, `PRAGMA table_info(${quoteName(table)})`).map(([, name]) =>
    quoteName(String(name)),
  );
  const row = columns.map(showValue).join(" || ',' || ");
  const rows = `SELECT ${row} AS row FROM ${quoteName(table)} NOT INDEXED`;
  return readRows(database, `SELECT count(*), group_concat(row, char(10)) FROM (${rows})`)[0];
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function showValue(column: string): string {
  const asBytes = `WHEN 'text' THEN 't' || hex(${column}) WHEN 'blob' THEN 'b' || hex(${column})`;
  return `CASE typeof(${column}) ${asBytes} ELSE quote(${column}) END`;
}
