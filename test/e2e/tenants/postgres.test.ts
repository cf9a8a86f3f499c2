// The recipe of the guide for PostgreSQL, on a real server: what a rollback restores is exactly what was backed up.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { findUser } from '../../../agent/command/user.js';
import { readYaml } from '../../../shared/config/yaml.js';
import { installTenant, makePlace, startHost, type RunningHost, type TenantPlace } from './tenant_host.js';

const guide = readFileSync(path.join(import.meta.dirname, '../../../deploy/guides/tenant-file.md'), 'utf8');
const recipe = /<!-- postgres -->\n```yaml\n([^]*?)```/.exec(guide)?.[1] ?? '';
const recipeSchema = z.object({ database: z.record(z.string(), z.unknown()) });

const addTable =
  'CREATE TABLE added (id int PRIMARY KEY, note int REFERENCES notes);\nALTER TABLE notes ADD COLUMN extra text;\n';
const failing = '#!/bin/bash\n[ -e "$DATA_DIR/fine" ] || exit 3\n';

let server: string;
let place: TenantPlace;
let host: RunningHost;
let owner: { uid: number; gid: number };

/** The programs of the server are not on the PATH. */
function serverProgram(name: string): string {
  const folder = '/usr/lib/postgresql';
  const [newest = ''] = readdirSync(folder).toSorted((left, right) => Number(right) - Number(left));
  return path.join(folder, newest, 'bin', name);
}

const asServer = (file: string, ...words: string[]) =>
  execFileSync(file, words, { ...owner, cwd: '/', stdio: 'ignore' });
const ask = (sql: string, name = 'testsite') =>
  execFileSync('psql', ['-XAtq', '-h', server, '-U', 'nobody', '-d', name, '-c', sql], { encoding: 'utf8' }).trim();
const state = () => ({
  tables: ask("SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'"),
  notes: ask('SELECT * FROM notes ORDER BY id'),
  next: ask('SELECT last_value FROM notes_id_seq'),
});

beforeAll(async () => {
  place = await makePlace('nobody');
  owner = await findUser('daemon').then(({ uid, gid }) => ({ uid, gid }));
  server = mkdtempSync(path.join(tmpdir(), 'drover-pg-'));
  chownSync(server, owner.uid, owner.gid);
  chmodSync(server, 0o755);
  const data = path.join(server, 'data');
  asServer(serverProgram('initdb'), '--username=admin', '--auth=trust', '--no-sync', '--encoding=UTF8', data);
  const options = `-k ${server} -c listen_addresses= -c fsync=off`;
  asServer(
    serverProgram('pg_ctl'),
    '--wait',
    '--pgdata',
    data,
    '--log',
    path.join(server, 'log'),
    '--options',
    options,
    'start',
  );
  const admin = (sql: string) =>
    execFileSync('psql', ['-Xq', '-h', server, '-U', 'admin', '-d', 'postgres', '-c', sql]);
  admin('CREATE ROLE nobody LOGIN');
  admin('CREATE DATABASE testsite OWNER nobody');
  ask(
    'CREATE TABLE notes (id serial PRIMARY KEY, text text NOT NULL); CREATE VIEW short AS SELECT left(text, 3) FROM notes',
  );
  ask("INSERT INTO notes (text) VALUES ('first'), ('second')");
  const { repository, dataDir } = place;
  repository.release('v0.1.0', { 'app.txt': 'v0.1.0' });
  repository.release('v0.2.0', { 'migrations/1.sql': addTable, 'release/v0.2.0.post-migrate.sh': failing });
  installTenant(place, 'v0.1.0');
  mkdirSync(path.join(dataDir, 'backups'));
  execFileSync('chown', ['--recursive', 'nobody:', dataDir]);
  const file = path.join(place.folder, 'recipe.yaml');
  writeFileSync(file, recipe, { mode: 0o600 });
  const { database } = recipeSchema.parse((await readYaml(file)).value);
  host = await startHost(place, {
    environment: { PGHOST: server, PGUSER: 'nobody' },
    database: { ...database, backup_dir: path.join(dataDir, 'backups') },
    migrations: {
      files: 'migrations/*.sql',
      run: ['psql', '-Xq', '--set=ON_ERROR_STOP=1', '--dbname=testsite', '--file={file}'],
    },
  });
}, 60_000);

afterAll(async () => {
  await host.stop();
  asServer(serverProgram('pg_ctl'), '--wait', '--mode=immediate', '--pgdata', path.join(server, 'data'), 'stop');
  rmSync(server, { recursive: true });
  await place.remove();
});

test('a failed upgrade leaves nothing of its tables; the next one succeeds, is rolled back, and its backup held none', async () => {
  const before = state();
  const failed = await host.upgrade({ version: 'v0.2.0' });
  expect(failed.result).toMatchObject({ status: 'rolled_back', migrations_run: ['migrations/1.sql'] });
  expect(state()).toEqual(before);

  writeFileSync(path.join(place.dataDir, 'fine'), '');
  const { result } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({ status: 'success', failure: null });
  expect(state()).toMatchObject({ tables: 'added,notes' });
  const held = execFileSync('pg_restore', ['--list', result.backup_path ?? ''], { encoding: 'utf8' });
  expect(held).toContain('TABLE public notes');
  expect(held).not.toContain('added');

  // Nobody has written since: the fingerprint says so.
  expect((await host.rollBack()).result).toMatchObject({
    status: 'rolled_back',
    current_version: 'v0.1.0',
    failure: null,
  });
  expect(state()).toEqual(before);

  expect((await host.upgrade({ version: 'v0.2.0' })).result).toMatchObject({ status: 'success' });
  ask("INSERT INTO notes (text) VALUES ('since')");
  expect((await host.rollBack()).result).toMatchObject({
    current_version: 'v0.2.0',
    failure: { code: 'data-changed' },
  });
  expect(state().notes).toContain('since');
});
