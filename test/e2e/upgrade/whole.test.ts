// Whole upgrades by a real agent process, looked at from outside: hooks, data, backup, record, services and result.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { listNotes } from '../../../deploy/demo/app/notes_client.js';
import {
  addReleaseOn,
  makeAgentHost,
  makeTemplate,
  type AgentHost,
  type HostTemplate,
} from '../../helpers/agent/agent_host.js';
import { readDatabase, type TenantView } from '../../helpers/agent/look_at_tenant.js';
import type { FollowedStream } from '../../helpers/agent/upgrade_client.js';

const allHooks = [
  { phase: 'pre-pull', file: 'v0.4.0.pre-pull.sh' },
  { phase: 'post-pull', file: 'v0.2.0.sh' },
  { phase: 'post-pull', file: 'v0.4.0.post-pull.sh' },
  { phase: 'pre-migrate', file: 'v0.3.0.pre-migrate.sh' },
  { phase: 'post-migrate', file: 'v0.3.0.post-migrate.sh' },
  { phase: 'post-migrate', file: 'v0.4.0.post-migrate.sh' },
];
const migrations = ['scripts/002_add_author.mjs', 'scripts/003_move_tags.mjs', 'scripts/004_add_pinned.mjs'];

/** A hook that writes down what it is given, and by whom it is run. */
const witness = `#!/bin/bash
exec >"$DATA_DIR/witness"
pwd; id -un; readlink /proc/self/fd/0; env | sort
`;

describe.each([{ user: 'root' }, { user: 'nobody' }])(
  'an upgrade from v0.1.0 to v0.4.0 of a tenant of $user',
  ({ user }) => {
    let template: HostTemplate;
    let host: AgentHost;
    let before: TenantView;
    let followed: FollowedStream;
    let after: TenantView;

    beforeAll(async () => {
      template = await makeTemplate({ user });
      await addReleaseOn(template.repository, { base: 'v0.4.0', tag: 'v0.4.1' }, { 'release/v0.4.1.sh': witness });
      host = await makeAgentHost(template);
      await host.start({ env: { DROVER_TEST_SECRET: 'of the agent', NODE_OPTIONS: '--no-deprecation' } });
      before = await host.look();
      followed = await host.upgrade({ version: 'v0.4.0' });
      after = await host.look();
    });
    afterAll(async () => {
      await host.close();
      await template.remove();
    });

    test('succeeds, and the service is a new process of the new code', () => {
      expect(followed.result).toMatchObject({
        status: 'success',
        failure: null,
        current_version: 'v0.4.0',
        warnings: [],
      });
      expect(after).toMatchObject({ serves: 'v0.4.0', head: 'v0.4.0', changes: [], leftovers: [] });
      expect(after.service).not.toBeNull();
      expect(after.service).not.toBe(before.service);
    });

    test('answers with the keys of the specification, in its order', () => {
      expect(Object.keys(followed.result).slice(0, 8)).toEqual([
        'status',
        'previous_version',
        'new_version',
        'commit',
        'migrations_run',
        'hooks_executed',
        'backup_path',
        'details',
      ]);
      expect(followed.result).toMatchObject({
        previous_version: 'v0.1.0',
        new_version: 'v0.4.0',
        commit: after.record?.commit,
        migrations_run: migrations,
        hooks_executed: allHooks.map(({ phase, file }) => `${phase}: ${file} - OK`),
      });
    });

    test('ran the hooks of every crossed tag, once each, oldest first at each point', () => {
      expect(after.hookRuns).toEqual(allHooks.map(({ phase, file }) => `${file.slice(0, 6)} ${phase}`));
    });

    test('names its steps in the words of the specification', () => {
      expect(followed.result.details).toEqual([
        'Stopping services...',
        'Services stopped',
        'Backing up database...',
        'Pre-pull hook OK: v0.4.0.pre-pull.sh',
        'Post-pull hook OK: v0.2.0.sh',
        'Post-pull hook OK: v0.4.0.post-pull.sh',
        'Pre-migrate hook OK: v0.3.0.pre-migrate.sh',
        'Running migrations...',
        'Ran 3 migrations',
        'Post-migrate hook OK: v0.3.0.post-migrate.sh',
        'Post-migrate hook OK: v0.4.0.post-migrate.sh',
        'Starting services...',
        'Health check passed',
      ]);
    });

    test('migrated the data, which the service serves', async () => {
      expect(after.database.integrity).toBe('ok');
      expect(after.database.notes).toEqual([
        { id: 1, text: 'Water the plants', author: 'anonymous', pinned: 1 },
        { id: 2, text: 'Call the bank', author: 'anonymous', pinned: 0 },
        { id: 3, text: 'Read about release hooks', author: 'anonymous', pinned: 0 },
      ]);
      expect((await listNotes(host.tenant.url)).map(({ id }) => id)).toEqual([1, 2, 3]);
    });

    test('made a backup that holds what was there before', () => {
      const backup = followed.result.backup_path ?? '';
      expect(path.basename(backup)).toMatch(/^notes\.db\.backup_\d{8}_\d{6}$/);
      expect(readDatabase(backup)).toEqual(before.database);
      expect(statSync(backup).uid).toBe(host.tenant.user.uid);
    });

    test('left every file of the tenant to its user', () => {
      const { appDir, dataDir, user: owner } = host.tenant;
      const files = [appDir, dataDir].flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name)),
      );
      expect(files.filter((file) => statSync(file).uid !== owner.uid)).toEqual([]);
    });

    test('recorded the version with its migrations', () => {
      expect(after.record).toMatchObject({
        version: 'v0.4.0',
        previous_version: 'v0.1.0',
        upgrade_id: followed.id,
        modified_by_hooks: [],
      });
      expect(after.record?.applied_migrations.map(({ file }) => file)).toEqual([
        'scripts/001_create_notes.mjs',
        ...migrations,
      ]);
    });

    test('wrote the whole stream into a log that the tenant can read', async () => {
      const folder = path.join(host.logFolder, 'testsite');
      // The client hears of the end before the log is written.
      const list = () => (existsSync(folder) ? readdirSync(folder) : []);
      await vi.waitFor(() => expect(list()).toEqual([expect.stringMatching(/\.log$/)]));
      const [name = ''] = list();
      expect(statSync(path.join(folder, name))).toMatchObject({ gid: host.tenant.user.gid, uid: 0 });
      const log = readFileSync(path.join(folder, name), 'utf8');
      for (const line of followed.result.details) expect(log).toContain(line);
      for (const output of followed.outputs.values()) {
        for (const line of output.trim().split('\n')) expect(log).toContain(line);
      }
    });

    test('has nothing to do when asked for again', async () => {
      const again = await host.upgrade({ version: 'v0.4.0' });
      expect(again.result).toMatchObject({ status: 'success', details: ['Already at v0.4.0'], downtime_ms: 0 });
      expect((await host.look()).service).toBe(after.service);
    });

    test('gives a hook its variables, its folder, its user, and nothing of the agent', async () => {
      const { appDir, dataDir, user: owner, env } = host.tenant;
      const next = await host.upgrade({ version: 'v0.4.1' });
      expect(next.result).toMatchObject({ status: 'success', hooks_executed: ['post-pull: v0.4.1.sh - OK'] });
      const [cwd, name, stdin, ...lines] = readFileSync(path.join(dataDir, 'witness'), 'utf8').trim().split('\n');
      expect({ cwd, name, stdin }).toEqual({ cwd: appDir, name: user, stdin: '/dev/null' });
      // The shell adds some of its own.
      const variables = lines.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line));
      const given = Object.fromEntries(variables.map((line) => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')]));
      expect(given).toEqual({
        DEPLOY_TAG: 'v0.4.1',
        DEPLOY_ENV: 'testsite',
        APP_DIR: appDir,
        DATA_DIR: dataDir,
        DEPLOY_TARGET_TAG: 'v0.4.1',
        DEPLOY_PREVIOUS_TAG: 'v0.4.0',
        DEPLOY_PHASE: 'post-pull',
        DEPLOY_UPGRADE_ID: next.id,
        DEPLOY_BACKUP_PATH: next.result.backup_path,
        DROVER_COMMAND: expect.stringMatching(
          new RegExp(`^${next.id}/hooks-post-pull\\.v0\\.4\\.1\\.sh/[0-9a-f]{32}$`),
        ),
        PATH: env['PATH'],
        DEMO_SQLITE: env['DEMO_SQLITE'],
        HOME: owner.home,
        USER: user,
        LOGNAME: user,
        LANG: 'C.UTF-8',
      });
    });

    test('leaves no process behind', async () => {
      expect(await host.close()).toEqual([]);
    });
  },
);

test('an upgrade over one release answers with the very lines of the specification', async () => {
  const template = await makeTemplate();
  const host = await makeAgentHost(template);
  await host.start();
  const { result } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({
    status: 'success',
    previous_version: 'v0.1.0',
    new_version: 'v0.2.0',
    migrations_run: ['scripts/002_add_author.mjs'],
    hooks_executed: ['post-pull: v0.2.0.sh - OK'],
    details: [
      'Stopping services...',
      'Services stopped',
      'Backing up database...',
      'Post-pull hook OK: v0.2.0.sh',
      'Running migrations...',
      'Ran 1 migrations',
      'Starting services...',
      'Health check passed',
    ],
  });
  expect(await host.close()).toEqual([]);
  await template.remove();
});
