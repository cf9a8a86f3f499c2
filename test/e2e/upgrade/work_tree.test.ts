// What an upgrade does to the work tree of a tenant that is not the agent's user, and how it is put back.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { AgentHost } from '../../helpers/agent/agent_host.js';
import { expectOldVersion, expectUntouched, hookScript, runShell, useHosts } from './hosts.js';

const commit = 'git -c user.name=a -c user.email=a@b commit -qam mine';

const hosts = useHosts({
  user: 'nobody',
  releases: [
    { tag: 'v0.2.2', base: 'v0.2.0', files: {} },
    {
      tag: 'v0.2.4',
      base: 'v0.2.0',
      files: { 'release/v0.2.4.pre-pull.sh': hookScript('pre-pull', 'chmod 555 "$APP_DIR/.git"') },
    },
    {
      tag: 'v0.2.5',
      base: 'v0.2.0',
      files: { 'release/v0.2.5.sh': hookScript('post-pull', `echo x >>README.md; ${commit}`) },
    },
    { tag: 'v0.2.6', base: 'v0.2.0', files: { 'release/v0.2.6.sh': hookScript('post-pull', 'exit 3') } },
    {
      tag: 'v0.2.7',
      base: 'v0.2.0',
      files: { 'release/v0.2.7.pre-pull.sh': hookScript('pre-pull', `echo x >>README.md; ${commit}; exit 3`) },
    },
  ],
});

beforeAll(() => {
  const asSomebody = '-c user.name=a -c user.email=a@b';
  runShell(
    `cd "$1"; git checkout -qB side v0.2.0; git rm -q scripts/001_create_notes.mjs README.md
    printf '#!/bin/bash\\nchmod 555 "$APP_DIR/scripts"\\n' >release/v0.2.3.pre-pull.sh; git add .
    git ${asSomebody} commit -qm x; git tag v0.2.3; git checkout -qf main`,
    hosts.template().repository.folder,
  );
});

/** Git in the work tree, as the tenant's user. */
function gitIn({ tenant: { appDir } }: AgentHost, script: string): string {
  return runShell(`cd "$1"; exec setpriv --reuid=nobody --regid=nogroup --clear-groups sh -ceu "$2"`, appDir, script);
}

test.each(['scripts', '.git/refs', '.git/objects'])(
  'refuses an upgrade where the tenant cannot write %s, and names it, its owner and the remedy',
  async (folder) => {
    const host = await hosts.open();
    runShell('chown root: "$1"; chmod 755 "$1"', path.join(host.tenant.appDir, folder));
    const before = await host.look();
    const { result } = await host.upgrade({ version: 'v0.2.2' });
    expect(result).toMatchObject({
      status: 'refused',
      failure: {
        code: 'work-tree',
        message: expect.stringContaining(`nobody cannot write in ${folder} (owned by root)`),
        hint: expect.stringContaining('chown -R nobody: '),
      },
    });
    await expectUntouched(host, before);
  },
);

test.each([
  ['a folder of its files', 'v0.2.3'],
  ['the repository, so that git fails in going back, too', 'v0.2.4'],
])('puts the old version back where the tenant loses the right to write in %s', async (_where, version) => {
  const host = await hosts.open();
  const before = await host.look();
  const { result } = await host.upgrade({ version });
  expect(result).toMatchObject({ status: 'rolled_back', failure: { step: 'checkout', code: 'command-failed' } });
  await expectOldVersion(host, before);
});

test('rolls an upgrade back whose hook commits, and goes back to the branch that the tenant was on', async () => {
  const host = await hosts.open();
  gitIn(host, 'git checkout -q -B live');
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.2.5' });
  expect(result).toMatchObject({
    status: 'rolled_back',
    failure: { step: 'record-version', code: 'moved-head', message: expect.stringContaining('not at v0.2.5') },
  });
  await expectOldVersion(host, before);
  expect(gitIn(host, 'git symbolic-ref HEAD')).toBe('refs/heads/live');
});

test('goes back to the branch that the tenant was on when an operator rolls back, and when a hook committed on it', async () => {
  const host = await hosts.open();
  gitIn(host, 'git checkout -q -B live');
  const before = await host.look();
  const { id } = await host.upgrade({ version: 'v0.2.2' });
  const client = await host.connect();
  await client.command({ type: 'rollback', restore_database: false });
  await client.follow(id, { finishes: 2 });
  await expectOldVersion(host, { ...before, record: (await host.look()).record });
  expect(gitIn(host, 'git symbolic-ref HEAD')).toBe('refs/heads/live');
  expect((await host.upgrade({ version: 'v0.2.7' })).result.status).toBe('rolled_back');
  expect((await host.look()).head).toBe('v0.1.0');
  expect(gitIn(host, 'git symbolic-ref HEAD')).toBe('refs/heads/live');
});

test('brings a kept modified file back byte for byte, and says where what a release discards is kept', async () => {
  const host = await hosts.open({ makeKeys: () => ({ modified_ok: ['README.md', '*.mjs'] }) });
  const readme = path.join(host.tenant.appDir, 'README.md');
  const content = 'ours\r\nlf\nmixed\r\n\xff';
  gitIn(host, `echo '* text=auto' >.git/info/attributes; git config core.autocrlf input`);
  writeFileSync(readme, content, 'latin1');
  runShell(`sed -i 's/$/\\r/' "$1"`, path.join(host.tenant.appDir, 'db.mjs'));
  const before = await host.look();
  const bytes = () => runShell('cd "$1"; md5sum README.md db.mjs', host.tenant.appDir);
  const sums = bytes();
  expect((await host.upgrade({ version: 'v0.2.6' })).result.status).toBe('rolled_back');
  // Whether git shows a file of which only the line ends differ depends on what its index remembers.
  await expectOldVersion(host, { ...before, changes: [' M README.md'] });
  expect(bytes()).toBe(sums);

  const { result } = await host.upgrade({ version: 'v0.2.2' });
  expect(result.status).toBe('success');
  const line = result.details.find((text) => text.startsWith('Discarded'));
  expect(line).toContain('README.md');
  expect(readFileSync(line?.split('patch: ')[1] ?? '', 'utf8')).toContain('+ours\r\n');
});
