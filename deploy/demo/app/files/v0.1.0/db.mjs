// Opens the app's database, notes.db in DATA_DIR.
import path from 'node:path';

export async function openDatabase() {
  const { DatabaseSync } = await import(process.env.DEMO_SQLITE ?? 'node:sqlite');
  const db = new DatabaseSync(path.join(process.env.DATA_DIR, 'notes.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;');
  return db;
}
