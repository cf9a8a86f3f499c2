// Inspects a tenant without the agent: its service, work tree, database, files and processes.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { recordSchema, type TenantRecord } from '../../../shared/model/plan/plan.js';
import type { DemoTenant } from '../../../deploy/demo/app/make_tenant.js';
import { readVersion } from '../../../deploy/demo/app/notes_client.js';
import { runProgram } from '../../../deploy/demo/run_program.js';
import { findProcesses } from './host_processes.js';

export interface TenantView {
  /** What the service answers over HTTP; null if it does not answer. */
  serves: string | null;
  /** The pid of the service; null when it does not run. */
  service: number | null;
  /** The tag that HEAD is at, or its commit where there is none. */
  head: string;
  /** `git status`, one line per file that is modified or not tracked. */
  changes: string[];
  database: { integrity: string; migrated: string[]; notes: Record<string, unknown>[] };
  record: TenantRecord | null;
  markers: string[];
  /** `<tag> <phase>`, as the hooks themselves wrote it when they ran. */
  hookRuns: string[];
  /** Processes of upgrades' commands that still run, the service apart. */
  leftovers: string[];
}

/** May be called at any time; changes nothing. */
export async function lookAtTenant(tenant: DemoTenant, stateFolder: string): Promise<TenantView> {
  const { appDir, dataDir } = tenant;
  // Without optional locks: git would write its index anew, as us.
  const git = (...words: string[]) =>
    runProgram(['git', '--no-optional-locks', '-c', `safe.directory=${appDir}`, ...words], { cwd: appDir });
  const service = findService(dataDir);
  const recordFile = path.join(stateFolder, 'records', `${tenant.slug}.json`);
  return {
    serves: await readVersion(tenant.url).catch(() => null),
    service,
    head: await readHead(git),
    changes: linesOf(await git('status', '--porcelain', '--untracked-files=no')),
    database: readDatabase(path.join(dataDir, 'notes.db')),
    record: existsSync(recordFile) ? recordSchema.parse(JSON.parse(readFileSync(recordFile, 'utf8'))) : null,
    markers: readdirSync(appDir).filter((name) => name.startsWith('.release-')),
    hookRuns: linesOf(readIfThere(path.join(dataDir, 'hooks.log'))).map((line) => line.replace(/ \d+$/, '')),
    leftovers: findLeftovers(stateFolder, service),
  };
}

/** Tags are fetched into a separate namespace, apart from those that the clone has. */
async function readHead(git: (...words: string[]) => Promise<string>): Promise<string> {
  const names = [
    'for-each-ref',
    '--points-at=HEAD',
    '--format=%(refname:strip=2)',
    'refs/tags',
    'refs/drover',
  ] as const;
  const [tag = ''] = (await git(...names)).split('\n');
  return tag === '' ? git('rev-parse', 'HEAD') : tag;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** The service's pid, if it runs. */
export function findService(dataDir: string): number | null {
  const found = findProcesses(`DATA_DIR=${dataDir}\0`).find(({ command }) => command.endsWith('/server.mjs'));
  return found?.pid ?? null;
}

function findLeftovers(stateFolder: string, service: number | null): string[] {
  const folder = path.join(stateFolder, 'upgrades');
  const ids = existsSync(folder) ? readdirSync(folder) : [];
  return ids
    .flatMap((id) => findProcesses(`DROVER_COMMAND=${id}/`))
    .filter(({ pid }) => pid !== service)
    .map(({ command, cookie }) => `${cookie}: ${command}`);
}

/** Reads a copy, so that no file beside the tenant's own database is made, locked or removed. */
export function readDatabase(file: string): TenantView['database'] {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-look-'));
  try {
    const copy = path.join(folder, 'copy.db');
    for (const end of ['', '-wal', '-journal']) if (existsSync(file + end)) copyFileSync(file + end, copy + end);
    const db = new DatabaseSync(copy);
    const column = (sql: string, name: string) =>
      db
        .prepare(sql)
        .all()
        .map((row) => String(Object(row)[name]));
    const view = {
      integrity: column('PRAGMA integrity_check', 'integrity_check').join('; '),
      migrated: column("SELECT sql FROM sqlite_schema WHERE type = 'table' ORDER BY name", 'sql'),
      notes: db
        .prepare('SELECT * FROM notes ORDER BY id')
        .all()
        .map((row) => ({ ...row })),
    };
    db.close();
    return view;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
