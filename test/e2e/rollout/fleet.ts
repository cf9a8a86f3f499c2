// A real fleet that is cheap to upgrade: hosts with agents of their own, and tenants with a work tree, a service and a database.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { currentUser } from '../../../agent/command/user.js';
import { makeHost, tenantsFolder, type DemoHost } from '../../../deploy/demo/app/make_host.js';
import { programPath } from '../../../deploy/demo/run_program.js';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { spawnAgent, type AgentProcess } from '../../helpers/agent/agent_process.js';
import { giveIdentity, joinHost } from '../../helpers/controller/join_host.js';
import { cloneRepository, makeRepository, type TestRepository } from '../../helpers/git/git_repository.js';

export const target = 'v0.2.0';
/** In a tenant's data folder: while it is there, the hook waits; without `quota` the hook fails. */
export const gate = 'gate';
export const quota = 'quota';

/** What it printed. */
const run = (file: string, words: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) =>
  execFileSync(file, words, { ...options, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

const quick = pathToFileURL(path.join(import.meta.dirname, '../../../dist/test/helpers/agent/quick_uplink.js')).href;

/** The service holds a lock for as long as it lives. */
const control = `#!/bin/bash
set -eu
lock="$DATA_DIR/service.lock"
touch "$lock"
case "$1" in
  start)
    exec 9>"$lock"
    flock --timeout 0.2 9 || exit 0
    cp VERSION "$DATA_DIR/serves"
    setsid sleep 100000 </dev/null >/dev/null 2>&1 &
    echo $! >"$DATA_DIR/service.pid" ;;
  stop)
    flock --nonblock "$lock" true && exit 0
    kill "$(cat "$DATA_DIR/service.pid")"
    flock --timeout 20 "$lock" true ;;
  status) if flock --nonblock "$lock" true; then exit 3; fi ;;
esac
`;
const hook = `#!/bin/bash
echo "$DEPLOY_UPGRADE_ID" >>"$DATA_DIR/hooks.log"
while [ -e "$DATA_DIR/${gate}" ]; do sleep 0.05; done
[ -e "$DATA_DIR/${quota}" ] || { echo "no quota of this tenant" >&2; exit 3; }
`;
const migration = `sqlite3 "$DATA_DIR/app.db" "CREATE TABLE quotas (id)"\n`;

function makeApp(folder: string): TestRepository {
  const app = makeRepository(folder);
  const start = { VERSION: 'v0.1.0\n', 'bin/ctl': control };
  writeExecutable(folder, start);
  app.release('v0.1.0', {});
  app.release('v0.1.1', { VERSION: 'v0.1.1\n' });
  writeExecutable(folder, { [`release/${target}.sh`]: hook });
  app.release(target, { VERSION: `${target}\n`, 'scripts/add_quotas.sh': migration });
  return app;
}

function writeExecutable(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
  }
}

export interface RealTenant {
  slug: string;
  host: string;
  appDir: string;
  dataDir: string;
  file(name: string): string;
}

export interface RealHost {
  name: string;
  stateFolder: string;
  tenants: RealTenant[];
  /** Starts its agent; returns once that is ready. */
  start(): Promise<void>;
  kill(): Promise<void>;
}

export interface RealFleet {
  hosts: RealHost[];
  tenants: RealTenant[];
  app: TestRepository;
  /** Ends agents and services, and removes everything. */
  close(): Promise<void>;
}

/** `hosts` by name with their slugs. Every other tenant is on v0.1.1, all others on v0.1.0; the first of a host has its database backed up. */
export async function makeRealFleet(
  place: { url: string; joinToken: string },
  hosts: Readonly<Record<string, readonly string[]>>,
): Promise<RealFleet> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-fleet-'));
  chmodSync(folder, 0o755);
  const app = makeApp(path.join(folder, 'app.git'));
  const made: RealHost[] = [];
  for (const [name, slugs] of Object.entries(hosts)) {
    const keys = { host: name, controller: { url: place.url } };
    const host = await makeHost({ folder: path.join(folder, name), keys });
    await giveIdentity(host.stateFolder, { url: place.url, member: await joinHost(place, name) });
    const tenants: RealTenant[] = [];
    for (const [no, slug] of slugs.entries()) {
      tenants.push(
        await makeTenant(
          { host, name, app },
          { slug, version: no % 2 === 0 ? 'v0.1.0' : 'v0.1.1', isBackedUp: no === 0 },
        ),
      );
    }
    made.push(openHost({ name, host, tenants }));
  }
  const tenants = made.flatMap((host) => host.tenants);
  return {
    hosts: made,
    tenants,
    app,
    async close() {
      for (const host of made) await host.kill();
      for (const tenant of tenants) controlTenant(tenant, 'stop');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function openHost({ name, host, tenants }: { name: string; host: DemoHost; tenants: RealTenant[] }): RealHost {
  let agent: AgentProcess | null = null;
  return {
    name,
    stateFolder: host.stateFolder,
    tenants,
    async start() {
      const logFile = path.join(host.folder, 'agent.log');
      const env = { NODE_OPTIONS: `--import=${quick}` };
      agent = spawnAgent({ configFile: host.configFile, logFile, env });
      if (!(await agent.ready)) throw new Error(`the agent of ${name} did not start: ${readFileSync(logFile, 'utf8')}`);
    },
    async kill() {
      await agent?.end('SIGKILL');
    },
  };
}

async function makeTenant(
  { host, name, app }: { host: DemoHost; name: string; app: TestRepository },
  { slug, version, isBackedUp }: { slug: string; version: string; isBackedUp: boolean },
): Promise<RealTenant> {
  const home = path.join(host.folder, 'tenants', slug);
  const [appDir, dataDir] = [path.join(home, 'app'), path.join(home, 'data')];
  cloneRepository(app, appDir, version);
  mkdirSync(dataDir);
  const tenant = { slug, host: name, appDir, dataDir, file: (one: string) => path.join(dataDir, one) };
  run('sqlite3', [tenant.file('app.db'), "CREATE TABLE notes (id, text); INSERT INTO notes VALUES (1, 'kept')"]);
  controlTenant(tenant, 'start');
  await writeYaml(path.join(tenantsFolder(host.folder), `${slug}.yaml`), {
    slug,
    app_dir: appDir,
    data_dir: dataDir,
    user: currentUser().name,
    repo: app.url,
    trust: 'any-tag',
    services: { start: ['bin/ctl', 'start'], stop: ['bin/ctl', 'stop'], status: ['bin/ctl', 'status'] },
    database: isBackedUp ? { sqlite: 'app.db' } : 'none',
    requirements: 'none',
    migrations: { files: 'scripts/*.sh', run: ['sh', '{file}'] },
    health: 'none',
    environment: { PATH: programPath },
  });
  return tenant;
}

function controlTenant({ appDir, dataDir }: RealTenant, action: 'start' | 'stop'): void {
  if (!existsSync(path.join(appDir, 'bin/ctl'))) return;
  const env = { PATH: programPath, DATA_DIR: dataDir };
  run('bin/ctl', [action], { cwd: appDir, env });
}

/** What can be seen of a tenant without Drover. */
export function lookAt(tenant: RealTenant, { stateFolder }: RealHost) {
  const git = (...words: string[]) => run('git', ['-C', tenant.appDir, ...words]);
  const query = (sql: string) => run('sqlite3', [tenant.file('app.db'), sql]);
  const journals = readdirSync(path.join(stateFolder, 'upgrades')).flatMap((id) => {
    const journal = readJournal(stateFolder, id);
    const ended = /"type":"finish".*?"status":"(\w+)"/u.exec(journal)?.[1] ?? null;
    return journal.includes(`"tenant":"${tenant.slug}"`) && ended !== 'cancelled' ? [{ id, ended }] : [];
  });
  return {
    head: git('rev-parse', 'HEAD'),
    changes: git('status', '--porcelain'),
    serves: readFileSync(tenant.file('serves'), 'utf8').trim(),
    isRunning: existsSync(`/proc/${readFileSync(tenant.file('service.pid'), 'utf8').trim()}/stat`),
    integrity: query('PRAGMA integrity_check'),
    tables: query('SELECT group_concat(name) FROM sqlite_schema'),
    notes: query('SELECT text FROM notes'),
    /** The upgrade of each run of the hook. */
    hookRuns: readLines(tenant.file('hooks.log')),
    /** Of what was not withdrawn: the ids of its journals, and how each says that it ended. */
    journals,
  };
}

const readLines = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);

function readJournal(stateFolder: string, id: string): string {
  return readFileSync(path.join(stateFolder, 'upgrades', id, 'journal.jsonl'), 'utf8');
}
