// What is refused: said before anything stops, with the tenant's very service going on.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { uuidv7 } from 'uuidv7';
import { beforeAll, describe, expect, test } from 'vitest';
import { sample, sampleTitle } from '../../helpers/sample_seed.js';
import type { UpgradeRequest } from '../../../shared/model/request.js';
import type { AgentHost, TenantPlace } from '../../helpers/agent/agent_host.js';
import { expectUntouched, runShell, useHosts } from './hosts.js';

const hook = '#!/bin/bash\necho never\n';
const hosts = useHosts({
  inProcess: true,
  releases: [
    { tag: 'v0.2.1', base: 'v0.2.0', files: { 'release/v0.2.1.sh': '#!/opt/no-such-interpreter\nexit 0\n' } },
    { tag: 'v0.2.2', base: 'v0.2.0', files: { 'release/v0.2.2.sh': '#!/bin/bash\nif true; then\n' } },
    { tag: 'v0.2.3', base: 'v0.2.0', files: { 'release/v0.2.3.sh': '' } },
    { tag: 'v0.2.4', base: 'v0.2.0', files: { 'release/v0.2.4.sh': hook } },
    { tag: 'v0.2.5', base: 'v0.2.0', files: { 'cache/kept.json': '{}\n' } },
  ],
});

beforeAll(() => {
  const submodule = `update-index --add --cacheinfo 160000,${'1'.repeat(40)},vendored`;
  const asSomebody = '-c user.name=a -c user.email=a@b';
  runShell(
    `cd "$1"; git checkout -qB side v0.2.0; git ${submodule}; git ${asSomebody} commit -qm x; git tag v0.2.6; git checkout -qf main`,
    hosts.template().repository.folder,
  );
});

interface Refusal {
  title: string;
  wish: Partial<UpgradeRequest>;
  tenant?: string;
  keys?: (place: TenantPlace) => Record<string, unknown>;
  prepare?: (host: AgentHost) => void;
  code: string;
  message?: string;
}

const gitIn = (script: string) => (host: AgentHost) => void runShell(`cd "$1"; ${script}`, host.tenant.appDir);

const refusals: Refusal[] = [
  { title: 'a tenant that there is not', wish: { version: 'v0.4.0' }, tenant: 'nosuch', code: 'unknown-tenant' },
  { title: 'a version that there is not', wish: { version: 'v9.9.9' }, code: 'unknown-tag', message: 'v9.9.9' },
  ...['--upload-pack=x', 'v1;id', '$(id)', '-v0.2.0', 'v0.2.0^{tree}', 'main', '../v0.2.0'].map((version) => ({
    title: `the version ${version}`,
    wish: { version },
    code: 'invalid-tag',
    message: version,
  })),
  { title: 'an option as the version to come from', wish: { version: 'v0.2.0', from: '--all' }, code: 'invalid-tag' },
  {
    title: 'another commit than expected',
    wish: { version: 'v0.2.0', commit: '0'.repeat(40) },
    code: 'moved-tag',
  },
  {
    title: 'a repository that cannot be reached',
    wish: { version: 'v0.4.0' },
    keys: () => ({ repo: 'file:///nonexistent/notes.git' }),
    code: 'repository-unreachable',
  },
  {
    title: 'a modified file',
    wish: { version: 'v0.4.0' },
    prepare: ({ tenant }) => appendFileSync(path.join(tenant.appDir, 'notes.mjs'), '// mine\n'),
    code: 'modified-files',
    message: 'notes.mjs',
  },
  {
    title: 'a commit of nobody’s release',
    wish: { version: 'v0.4.0' },
    prepare: gitIn('git -c user.name=a -c user.email=a@b commit -q --amend --allow-empty -m mine'),
    code: 'unknown-version',
  },
  {
    title: 'a lower version',
    wish: { version: 'v0.1.0' },
    prepare: gitIn('git checkout -q v0.2.0'),
    code: 'downgrade',
    message: 'v0.1.0',
  },
  {
    title: 'a hook without its interpreter',
    wish: { version: 'v0.2.1' },
    code: 'missing-interpreter',
    message: '/opt/no-such-interpreter',
  },
  {
    title: 'a hook that bash does not understand',
    wish: { version: 'v0.2.2' },
    code: 'invalid-hook',
    message: 'v0.2.2.sh',
  },
  { title: 'an empty hook', wish: { version: 'v0.2.3' }, code: 'invalid-hook', message: 'v0.2.3.sh' },
  {
    title: 'a path that an untracked file takes',
    wish: { version: 'v0.2.5' },
    prepare: ({ tenant }) => {
      mkdirSync(path.join(tenant.appDir, 'cache'));
      writeFileSync(path.join(tenant.appDir, 'cache/kept.json'), 'ours');
    },
    code: 'path-conflict',
    message: 'cache/kept.json',
  },
  {
    title: 'a path of the code inside the folder of the data',
    wish: { version: 'v0.4.0' },
    keys: ({ dataDir }) => ({
      data_dir: path.join(dataDir, '../app/scripts'),
      services: 'none',
      database: 'none',
      health: 'none',
    }),
    code: 'path-conflict',
    message: 'scripts/002_add_author.mjs',
  },
  {
    title: 'a release with a submodule',
    wish: { version: 'v0.2.6' },
    code: 'unsupported-repository',
    message: 'vendored',
  },
  {
    title: 'a corrupt database',
    wish: { version: 'v0.4.0' },
    keys: () => ({ database: { sqlite: 'other.db' } }),
    prepare: ({ tenant }) =>
      writeFileSync(path.join(tenant.dataDir, 'other.db'), 'no database, and never was one'.repeat(99)),
    code: 'database-unusable',
  },
  {
    title: 'a service command that there is not',
    wish: { version: 'v0.4.0' },
    keys: () => ({ services: { start: ['bin/ctl', 'start'], stop: ['bin/stop'], status: ['bin/ctl', 'status'] } }),
    code: 'missing-command',
    message: 'bin/stop',
  },
];

test.each(sample(refusals, 8))(
  `refuses $title (${sampleTitle})`,
  async ({ wish, tenant, keys = () => ({}), prepare, code, message = '' }) => {
    const host = await hosts.open({ makeKeys: keys });
    prepare?.(host);
    const before = await host.look();
    const client = await host.connect();
    const { result } = await client.follow(await client.ask(wish, tenant === undefined ? {} : { tenant }));
    expect(result).toMatchObject({
      status: 'refused',
      steps: [],
      downtime_ms: 0,
      failure: { step: null, code, needs_operator: false },
    });
    expect(result.failure?.message).toContain(message);
    await expectUntouched(host, before);
  },
);

describe('after an upgrade', () => {
  test('refuses a HEAD that was moved by hand, and names the way out, which works', async () => {
    const host = await hosts.open();
    expect((await host.upgrade({ version: 'v0.2.0' })).result.status).toBe('success');
    runShell('git -C "$1" checkout -q v0.1.0', host.tenant.appDir);
    const before = await host.look();
    const { result } = await host.upgrade({ version: 'v0.2.4' });
    expect(result).toMatchObject({
      status: 'refused',
      failure: { code: 'moved-head', hint: expect.stringContaining('--from TAG') },
    });
    await expectUntouched(host, before);
    const again = await host.upgrade({ version: 'v0.2.4', from: 'v0.2.0' });
    expect(again.result).toMatchObject({ status: 'success', hooks_executed: ['post-pull: v0.2.4.sh - OK'] });
  });

  test('runs an id once, for good', async () => {
    const host = await hosts.open();
    const { id, events } = await host.upgrade({ version: 'v0.2.0' });
    const client = await host.connect();
    const before = await host.look();
    await client.ask({ version: 'v0.4.0' }, { id });
    expect((await client.follow(id)).events).toEqual(events);
    await expectUntouched(host, before);
  });
});

describe('a refusal that the agent dies of saying', () => {
  const deaths = [
    { what: 'a modified file', wish: { version: 'v0.4.0' }, status: 'refused' },
    { what: 'an unknown tenant', wish: { version: 'v0.4.0' }, tenant: 'nosuch', status: 'refused' },
    { what: 'nothing to do', wish: { version: 'v0.1.0' }, status: 'success' },
  ];
  test.each(deaths)('is said by the next agent: $what', async ({ wish, tenant, status }) => {
    const host = await hosts.open();
    appendFileSync(path.join(host.tenant.appDir, 'notes.mjs'), '// mine\n');
    const before = await host.look();
    const { id } = await killAtFirstRecord(host, { wish, ...(tenant === undefined ? {} : { tenant }) });
    await host.start();
    const { result } = await (await host.connect()).follow(id);
    expect(result).toMatchObject({ status, steps: [] });
    await expectUntouched(host, before);
  });
});

async function killAtFirstRecord(host: AgentHost, { wish, tenant }: Pick<Refusal, 'wish' | 'tenant'>) {
  await host.stop();
  const agent = host.spawn({ killAtEvent: 1 });
  expect(await agent.ready).toBe(true);
  const client = await host.connect();
  const id = uuidv7();
  await client.ask(wish, { id, ...(tenant === undefined ? {} : { tenant }) }).catch(() => undefined);
  await agent.ended;
  return { id };
}
