// Something fails at each step of the upgrade: the tenant is put back as one, and the result says what happened.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sample, sampleTitle } from '../../helpers/sample_seed.js';
import type { AgentHost, TenantPlace } from '../../helpers/agent/agent_host.js';
import type { TenantView } from '../../helpers/agent/look_at_tenant.js';
import {
  deleteNotes,
  expectOldVersion,
  hookScript,
  modifyReadme,
  unhealthyServer,
  useHosts,
  type Release,
} from './hosts.js';

interface Fault {
  title: string;
  /** Of the release that is upgraded to, which stands on v0.2.0 with its hook and its migration. */
  files?: (tag: string) => Record<string, string>;
  keys?: (place: TenantPlace) => Record<string, unknown>;
  /** Done to the host before the upgrade. */
  prepare?: (host: AgentHost) => void;
  failure: Record<string, unknown>;
  /** What the fault itself leaves behind. */
  leaves?: Partial<TenantView>;
}

/** The service is stopped, and then something else happens. */
const stopAnd = (script: string) => ({
  services: {
    start: ['bin/ctl', 'start'],
    stop: ['bash', '-c', `bin/ctl stop && ${script}`],
    status: ['bin/ctl', 'status'],
  },
});

/** What a hook does before it fails: all of it must be gone afterwards. */
const spoil = `touch "$APP_DIR/.release-$DEPLOY_TAG-done"; echo spoilt >"$APP_DIR/README.md"; ${deleteNotes}`;
const failingHook = (phase: string, body: string) => (tag: string) => ({
  [`release/${tag}.${phase}.sh`]: hookScript(phase, `${spoil}\n${body}`),
});

const migrationFile = 'scripts/003_fail.mjs';
const migration = (body: string) => () => ({
  [migrationFile]: `import { openDatabase } from '../db.mjs';\nconst db = await openDatabase();\n${body}\n`,
});
const failedMigration = { step: 'migrate', message: expect.stringContaining(migrationFile) };

const faults: Fault[] = [
  {
    title: 'stop-services: the stop command fails and leaves the services up',
    keys: () => ({ services: { start: ['false'], stop: ['bash', '-c', 'exit 4'], status: ['bin/ctl', 'status'] } }),
    failure: { step: 'stop-services', code: 'services-running', message: expect.stringContaining('exit 4') },
  },
  {
    title: 'stop-services: the stop command hangs',
    keys: () => ({ ...stopAnd('sleep 1000'), time_limits: { stop: '2s' } }),
    failure: { step: 'stop-services', code: 'time-limit', message: expect.stringContaining('2 s') },
  },
  {
    title: 'backup-database: its folder has gone',
    keys: ({ dataDir }) => ({
      ...stopAnd('rm -r "$DATA_DIR/backups"'),
      database: { sqlite: 'notes.db', backup_dir: `${dataDir}/backups` },
    }),
    prepare: ({ tenant }) => mkdirSync(path.join(tenant.dataDir, 'backups')),
    failure: { step: 'backup-database', code: 'command-failed', exit_code: 1 },
  },
  {
    title: 'backup-database: a process still holds the database',
    prepare: ({ tenant }) => holdOpen(path.join(tenant.dataDir, 'notes.db')),
    failure: { step: 'backup-database', code: 'database-held', message: expect.stringContaining('sleep 1000 (pid ') },
  },
  {
    title: 'fetch: the commit has vanished from the mirror',
    keys: ({ stateFolder }) => stopAnd(`rm -r ${stateFolder}/mirrors/*/objects/*`),
    failure: { step: 'fetch', code: 'unknown-tag' },
  },
  {
    title: 'determine-version: HEAD is elsewhere than the plan saw it',
    keys: () => stopAnd('git -c user.name=A -c user.email=a@b commit --quiet --allow-empty -m x; git tag by-hand'),
    failure: {
      step: 'determine-version',
      code: 'moved-head',
      hint: expect.stringContaining('The upgrade does not move it'),
    },
    leaves: { head: 'by-hand' },
  },
  ...['pre-pull', 'post-pull', 'pre-migrate', 'post-migrate'].map((phase) => ({
    title: `hooks-${phase}: a hook exits with 3`,
    files: failingHook(phase, 'echo "no more"; exit 3'),
    failure: {
      step: `hooks-${phase}`,
      code: 'command-failed',
      exit_code: 3,
      output_tail: expect.stringMatching(/no more$/),
    },
  })),
  {
    title: 'hooks-post-pull: a hook cannot execute what it calls',
    files: failingHook('post-pull', 'exec /etc/passwd'),
    failure: { step: 'hooks-post-pull', exit_code: 126, message: expect.stringContaining('could not be executed') },
  },
  {
    title: 'hooks-post-pull: a hook calls what there is not',
    files: failingHook('post-pull', 'no-such-program'),
    failure: { step: 'hooks-post-pull', exit_code: 127, message: expect.stringContaining('not found') },
  },
  {
    title: 'hooks-post-pull: a hook is killed by a signal',
    files: failingHook('post-pull', 'kill -KILL $$'),
    failure: { step: 'hooks-post-pull', signal: 'SIGKILL', message: expect.stringContaining('ended by SIGKILL') },
  },
  {
    title: 'hooks-post-pull: a hook and its children hang, deaf to SIGTERM',
    files: failingHook('post-pull', "trap '' TERM; setsid sleep 1000 & sleep 1000; sleep 1000"),
    keys: () => ({ time_limits: { hook: '400ms' } }),
    failure: { step: 'hooks-post-pull', code: 'time-limit', message: expect.stringContaining('0.4 s') },
  },
  {
    title: 'record-version: the folder of the records has gone',
    keys: ({ stateFolder }) => stopAnd(`mv ${stateFolder}/records ${stateFolder}/records.aside`),
    failure: { step: 'record-version', code: 'io', message: expect.stringContaining('ENOENT') },
  },
  {
    title: 'install-requirements: the command fails, having filled its folder',
    keys: () => ({ requirements: { run: ['bash', '-c', 'mkdir -p lib; echo new >lib/it; exit 5'], snapshot: 'lib' } }),
    failure: { step: 'install-requirements', code: 'command-failed', exit_code: 5 },
  },
  {
    title: 'migrate: a migration fails half-way, with rows changed',
    files: migration("db.exec('DELETE FROM notes');\nthrow new Error('half-way');"),
    failure: {
      ...failedMigration,
      code: 'command-failed',
      exit_code: 1,
      output_tail: expect.stringContaining('half-way'),
    },
  },
  {
    title: 'migrate: a migration hangs in the middle of a transaction',
    files: migration("db.exec('BEGIN; DELETE FROM notes');\nsetInterval(() => {}, 1000);"),
    keys: () => ({ time_limits: { migration: '1s' } }),
    failure: { ...failedMigration, code: 'time-limit' },
  },
  {
    title: 'migrate: a migration is killed with a rollback journal left behind',
    files: migration(
      "db.exec('PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; DELETE FROM notes; CREATE TABLE big AS SELECT randomblob(100000) b FROM generate_series(1, 50)'.replace('generate_series(1, 50)', '(SELECT 1 UNION SELECT 2 UNION SELECT 3)'));\nprocess.kill(process.pid, 'SIGKILL');",
    ),
    failure: { ...failedMigration, signal: 'SIGKILL' },
  },
  {
    title: 'start-services: the new version does not start',
    files: () => ({ 'bin/ctl': startFails }),
    failure: { step: 'start-services', code: 'command-failed', exit_code: 6 },
  },
  {
    title: 'health-check: the new version is not healthy, and wrote no data',
    files: () => ({ 'server.mjs': unhealthyServer('') }),
    keys: ({ health }) => ({ health: { url: health, interval: '20ms', successes: 2, timeout: '2s' } }),
    failure: { step: 'health-check', code: 'unhealthy', message: expect.stringContaining('answered 500') },
  },
];

/** The app's own control program, but for its start. */
const startFails = readFileSync(
  path.join(import.meta.dirname, '../../../deploy/demo/app/files/v0.1.0/bin/ctl'),
  'utf8',
).replace('start() {', 'start() {\n  exit 6');

/** A process that is none of the services has the file open, until the test is over. */
function holdOpen(file: string): void {
  const held = openSync(file, 'r');
  const holder = spawn('sleep', ['1000'], { stdio: [held, 'ignore', 'ignore'] });
  closeSync(held);
  onTestFinished(async () => {
    holder.kill();
    await once(holder, 'exit');
  });
}

const releaseOf = (fault: Fault) => `v0.2.${faults.indexOf(fault) + 1}`;
const sampled = sample(faults, 6);
const releases: Release[] = sampled.map((fault) => {
  const tag = releaseOf(fault);
  return { tag, base: 'v0.2.0', files: fault.files?.(tag) ?? {} };
});

describe(`a failure that ends in a rollback (${sampleTitle})`, () => {
  const hosts = useHosts({ releases, inProcess: true });

  test.each(sampled)('$title', async (fault) => {
    const host = await hosts.open({ makeKeys: (place) => ({ modified_ok: ['README.md'], ...fault.keys?.(place) }) });
    fault.prepare?.(host);
    modifyReadme(host);
    const before = await host.look();
    expect(before.changes).toEqual([' M README.md']);

    const { result } = await host.upgrade({ version: releaseOf(fault) });
    expect(result).toMatchObject({ status: 'rolled_back', current_version: 'v0.1.0' });
    expect(result.failure).toMatchObject({ ...fault.failure, needs_operator: false });
    await expectOldVersion(host, { ...before, ...fault.leaves });
    expect(readFileSync(path.join(host.tenant.appDir, 'README.md'), 'utf8')).toMatch(/of our own\.\n$/);
  });
});
