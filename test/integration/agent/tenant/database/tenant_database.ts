// A tenant with a real SQLite database for the tests of this folder, owned by `nobody`.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import { openDatabase, type Database } from '../../../../../agent/tenant/database/database.js';
import { openExisting, readRows } from '../../../../../agent/tenant/database/programs/sqlite.js';
import type { DatabaseConfig } from '../../../../../agent/tenant/database/schema.js';
import type { ReadContext, Site, RunContext } from '../../../../../agent/tenant/site.js';
import { createTestRun, nobody } from '../../../../helpers/agent/run_commands.js';

export const timeLimitMs = 60_000;
export const stamp = '20251216_101530';
export const record = '{"version":"v1.0.0"}';

export interface TestTenant {
  site: Site;
  folder: string;
  file: string;
  /** Where the tests back up to. */
  backup: string;
  context: ReadContext & RunContext;
  database: Database;
}

/** A tenant in a folder of its own, without a database yet; gone after the test. */
export function makeTenant(
  config: DatabaseConfig = { sqlite: 'pocket.db', keep: 5, allow_writers: false },
): TestTenant {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-database-'));
  chownSync(folder, nobody.uid, nobody.gid);
  const { run, probe, remove } = createTestRun();
  onTestFinished(async () => {
    rmSync(folder, { recursive: true, force: true });
    await remove();
  });
  const env = { PATH: '/usr/bin:/bin' };
  const site: Site = {
    slug: 'testsite',
    appDir: new TenantPath(folder),
    dataDir: new TenantPath(folder),
    user: nobody,
    env,
  };
  const database = openDatabase(config, site);
  if (database === null) throw new Error('the tests need a database');
  const file = path.join(folder, 'pocket.db');
  const context = { site, run, probe, signal: new AbortController().signal };
  return { site, folder, file, backup: `${file}.backup_${stamp}`, context, database };
}

/** Runs SQL and closes; makes the database, of the tenant's user and mode 0640, where there is none. */
export function execute(file: string, ...statements: string[]): void {
  if (!existsSync(file)) makeEmpty(file);
  const database = openExisting(file);
  try {
    for (const sql of statements) database.exec(sql);
  } finally {
    database.close();
  }
}

function makeEmpty(file: string): void {
  writeFileSync(file, '');
  chownSync(file, nobody.uid, nobody.gid);
  chmodSync(file, 0o640);
}

/** The values of the first column. */
export function readValues(file: string, sql = 'SELECT name FROM person ORDER BY id'): unknown[] {
  const database = openExisting(file);
  try {
    return readRows(database, sql).map(([value]) => value);
  } finally {
    database.close();
  }
}

/** A database with one table and the rows `Ann` and `Bob`. */
export function makePersons(file: string, journalMode: 'wal' | 'delete'): void {
  execute(
    file,
    `PRAGMA journal_mode = ${journalMode}`,
    'CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)',
    "INSERT INTO person (name) VALUES ('Ann'), ('Bob')",
  );
}

/** Starts a process of the tenant's user that runs SQL and keeps the database open; killed after the test. */
export async function startSession(file: string, ...words: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'session.mjs'), file, ...words], {
    uid: nobody.uid,
    gid: nobody.gid,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => killSession(child));
  await once(child.stdout, 'data');
  return child;
}

/** Ends the process as a power cut would: it cleans nothing up. */
export async function killSession(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
