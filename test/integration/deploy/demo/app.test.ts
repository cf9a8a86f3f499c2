// The demo's app: its releases, and a tenant that runs it.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentUser } from '../../../../agent/command/user.js';
import { loadAgentConfig, loadTenants } from '../../../../agent/config/load.js';
import { findFreePort } from '../../../../deploy/demo/app/find_free_port.js';
import { addRelease, makeAppRepository, type AppRepository } from '../../../../deploy/demo/app/make_app_repository.js';
import { makeHost } from '../../../../deploy/demo/app/make_host.js';
import { controlTenant, makeTenant, type DemoTenant } from '../../../../deploy/demo/app/make_tenant.js';
import { addNotes, listNotes, readVersion, waitUntilHealthy } from '../../../../deploy/demo/app/notes_client.js';
import { runProgram } from '../../../../deploy/demo/run_program.js';

const run = promisify(execFile);

let folder: string;
let repository: AppRepository;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'drover-demo-'));
  repository = await makeAppRepository(path.join(folder, 'notes.git'));
});
afterAll(() => rm(folder, { recursive: true }));

async function git(...words: string[]): Promise<string> {
  return runProgram(['git', ...words], { cwd: repository.folder });
}

describe('the repository', () => {
  test('has the releases v0.1.0 to v0.6.0 on its main branch', async () => {
    expect((await git('tag', '--list', '--sort=v:refname', '--merged=main', 'v0.?.0')).split('\n')).toEqual([
      'v0.1.0',
      'v0.2.0',
      'v0.3.0',
      'v0.4.0',
      'v0.5.0',
      'v0.6.0',
    ]);
  });

  test('keeps release hooks and programs executable', async () => {
    const listed = await git('ls-tree', '-r', 'v0.6.0', '--', 'release', 'bin/ctl', 'bin/setup');
    const modes = listed.split('\n').filter((line) => !/\.(md|mjs)$/.test(line));
    expect(modes.length).toBeGreaterThan(7);
    expect(modes.filter((line) => !line.startsWith('100755'))).toEqual([]);
  });

  test('takes releases of one’s own', async () => {
    const own = await makeAppRepository(path.join(folder, 'own.git'));
    await addRelease(own, 'v0.6.1', { 'release/v0.6.1.sh': '#!/bin/bash\nexit 3\n' });
    const listed = await runProgram(['git', 'ls-tree', 'v0.6.1', 'release/v0.6.1.sh'], { cwd: own.folder });
    expect(listed).toMatch(/^100755 /);
  });
});

describe('a tenant', () => {
  let host: string;
  let tenant: DemoTenant;
  beforeAll(async () => {
    host = await mkdtemp(path.join(os.tmpdir(), 'drover-demo-host-'));
    await makeHost({ folder: host });
    const wish = { folder: host, slug: 'testsite', repository, version: 'v0.1.0', user: 'nobody' };
    tenant = await makeTenant({ ...wish, port: await findFreePort() });
  });
  afterAll(async () => {
    await controlTenant(tenant, 'stop');
    await rm(host, { recursive: true });
  });

  /** Brings the tenant to a release with the app's own means, as a deployment without Drover would. */
  async function upgradeByHand(tag: string): Promise<void> {
    const release = path.join(tenant.appDir, 'release');
    const at = { cwd: tenant.appDir, env: tenant.env, uid: tenant.user.uid, gid: tenant.user.gid };
    const before = new Set(await readdir(path.join(tenant.appDir, 'scripts')));
    const hook = async (phase: string) => {
      const file = path.join(release, phase === '' ? `${tag}.sh` : `${tag}.${phase}.sh`);
      const isThere = (await stat(file).catch(() => null)) !== null;
      if (isThere) await run(file, [], { ...at, env: { ...tenant.env, DEPLOY_TAG: tag, DEPLOY_ENV: tenant.slug } });
    };
    await controlTenant(tenant, 'stop');
    await run('git', ['checkout', '--quiet', tag], at);
    for (const phase of ['pre-pull', '', 'post-pull', 'pre-migrate']) await hook(phase);
    const added = (await readdir(path.join(tenant.appDir, 'scripts'))).filter((name) => !before.has(name));
    for (const name of added) await run('node', [`scripts/${name}`], at);
    await hook('post-migrate');
    await controlTenant(tenant, 'start');
    await waitUntilHealthy(tenant.url);
  }

  test('has a configuration that the agent accepts', async () => {
    const { tenants, problems } = await loadTenants(
      await loadAgentConfig(path.join(host, 'etc/agent.yaml')),
      currentUser(),
    );
    expect(problems).toEqual([]);
    expect([...tenants.keys()]).toEqual(['testsite']);
  });

  test('answers with its version and its notes', async () => {
    expect(await readVersion(tenant.url)).toBe('v0.1.0');
    expect((await listNotes(tenant.url)).map(({ text }) => text)).toContain('Call the bank #money #today');
  });

  test('runs as its user, who owns its files', async () => {
    const pid = (await readFile(path.join(tenant.dataDir, 'server.pid'), 'utf8')).trim();
    const owners = await Promise.all(
      [`/proc/${pid}`, tenant.appDir, `${tenant.dataDir}/notes.db`].map((file) => stat(file)),
    );
    expect(owners.map(({ uid }) => uid)).toEqual([tenant.user.uid, tenant.user.uid, tenant.user.uid]);
  });

  test('says by status whether it runs, and bears to be started and stopped twice', async () => {
    const status = async () => {
      try {
        await run('bin/ctl', ['status'], { cwd: tenant.appDir, env: tenant.env });
        return 0;
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error;
      }
    };
    await controlTenant(tenant, 'start');
    expect(await status()).toBe(0);
    await controlTenant(tenant, 'stop');
    await controlTenant(tenant, 'stop');
    expect(await status()).toBe(3);
    await expect(readVersion(tenant.url)).rejects.toThrow('fetch failed');
    await controlTenant(tenant, 'start');
    expect(await status()).toBe(0);
    await waitUntilHealthy(tenant.url);
  });

  test('goes through every good release, keeping its notes and one line of hooks.log for each hook', async () => {
    await addNotes(tenant.url, ['Written on v0.1.0']);
    for (const tag of ['v0.2.0', 'v0.3.0', 'v0.4.0', 'v0.5.0']) {
      await upgradeByHand(tag);
      expect(await readVersion(tenant.url)).toBe(tag);
    }
    expect((await listNotes(tenant.url)).map(({ text }) => text)).toEqual([
      'Water the plants',
      'Call the bank',
      'Read about release hooks',
      'Written on v0.1.0',
    ]);
    const lines = (await readFile(path.join(tenant.dataDir, 'hooks.log'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => line.replace(/ \d+$/, ''))).toEqual([
      'v0.2.0 post-pull',
      'v0.3.0 pre-migrate',
      'v0.3.0 post-migrate',
      'v0.4.0 pre-pull',
      'v0.4.0 post-pull',
      'v0.4.0 post-migrate',
    ]);
  });

  test('fails in the migration of v0.6.0, with rows changed', async () => {
    await expect(upgradeByHand('v0.6.0')).rejects.toThrow('duplicate column name: author');
    await run('git', ['checkout', '--quiet', 'v0.5.0'], {
      cwd: tenant.appDir,
      uid: tenant.user.uid,
      gid: tenant.user.gid,
      env: tenant.env,
    });
    await controlTenant(tenant, 'start');
    await waitUntilHealthy(tenant.url);
    expect((await listNotes(tenant.url)).map(({ text }) => text)).toContain('Water th');
  });
});
