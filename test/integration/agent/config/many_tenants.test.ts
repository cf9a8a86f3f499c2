// A host with many tenants: they are loaded, and their work trees read, by a few processes and not by some for each.
import { channel } from 'node:diagnostics_channel';
import { execFileSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProbe } from '../../../../agent/command/probe.js';
import { currentUser, findUser } from '../../../../agent/command/user.js';
import { TenantPath } from '../../../../agent/command/tenant_path.js';
import { loadAgentConfig, loadTenants } from '../../../../agent/config/load.js';
import { createHeadReader } from '../../../../agent/report/read_head.js';
import { stateFolder } from '../../../../agent/store/state_folder.js';
import { createCommitReader } from '../../../../agent/tenant/git/work_tree/head_commits.js';
import { makeHost, type Host } from './make_host.js';

const count = 60;
const slugs = Array.from({ length: count }, (_, n) => `t${n}`);

let host: Host;
beforeEach(async () => {
  host = await makeHost();
});
afterEach(() => host.remove());

/** What `work` gives, and how many processes this program started for it. */
async function countProcesses<T>(work: () => Promise<T>): Promise<{ result: T; started: number }> {
  let started = 0;
  const count = () => void (started += 1);
  channel('child_process').subscribe(count);
  try {
    return { result: await work(), started };
  } finally {
    channel('child_process').unsubscribe(count);
  }
}

const probe = () => createProbe({ agentUid: currentUser().uid, signal: new AbortController().signal });

/** A work tree of `nobody` with one commit, tagged v1.0.0. */
function makeWorkTree(slug: string): string {
  const folder = path.join(host.folder, slug);
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a', ...words]);
  execFileSync('git', ['init', '--quiet', folder]);
  git('commit', '--quiet', '--allow-empty', '--message=one');
  git('tag', '--annotate', '--message=one', 'v1.0.0');
  execFileSync('chown', ['--recursive', 'nobody:', folder]);
  return folder;
}

test('that have one user are loaded by a process for the account and one for their folders', async () => {
  for (const slug of slugs) await host.write(`tenants.d/${slug}.yaml`, host.tenantText(slug));
  const agent = await loadAgentConfig(host.agentFile);
  const { result, started } = await countProcesses(() => loadTenants(agent, currentUser()));
  expect(result.problems).toEqual([]);
  expect([...result.tenants.keys()].toSorted()).toEqual(slugs.toSorted());
  expect(started).toBeLessThanOrEqual(3);
});

test('of which one is wrong all others are loaded, and its error is its own', async () => {
  for (const slug of slugs) await host.write(`tenants.d/${slug}.yaml`, host.tenantText(slug));
  execFileSync('rm', ['-r', path.join(host.folder, 't7/db')]);
  execFileSync('rm', ['-r', path.join(host.folder, 't8/.git')]);
  const { tenants, problems } = await loadTenants(await loadAgentConfig(host.agentFile), currentUser());
  expect(tenants.size).toBe(count - 2);
  expect(problems).toMatchObject([
    { slug: 't7', error: { message: expect.stringMatching(/data_dir: .*t7\/db is not an existing folder/) } },
    { slug: 't8', error: { message: expect.stringMatching(/app_dir: .*t8 is not a git work tree/) } },
  ]);
});

test('without a record show the versions of their work trees, by fewer processes than there are tenants', async () => {
  for (const slug of slugs.slice(0, 8)) {
    makeWorkTree(slug);
    await host.write(`tenants.d/${slug}.yaml`, host.tenantText(slug));
  }
  const { tenants } = await loadTenants(await loadAgentConfig(host.agentFile), currentUser());
  const readHead = createHeadReader({ state: stateFolder(path.join(host.folder, 'state')), probe: probe() });
  const { result, started } = await countProcesses(() => Promise.all([...tenants.values()].map(readHead)));
  expect(result.map(({ detected }) => detected)).toEqual(Array.from({ length: 8 }, () => 'v1.0.0'));
  expect(started).toBeLessThan(8);
});

test('a work tree that holds git up costs the other tenants of its user no answer', async () => {
  const trees = ['a', 'b', 'c'].map(makeWorkTree);
  const [, stuck = ''] = trees;
  execFileSync('sh', ['-c', 'rm "$1"; mkfifo "$1"', 'sh', path.join(stuck, '.git/HEAD')]);
  const { uid, gid } = await findUser('nobody');
  chownSync(path.join(stuck, '.git/HEAD'), uid, gid);
  const readCommit = createCommitReader(probe());
  const nobody = await findUser('nobody');
  const outcomes = await Promise.allSettled(trees.map((tree) => readCommit(nobody, new TenantPath(tree))));
  expect(outcomes).toEqual([
    { status: 'fulfilled', value: expect.stringMatching(/^[0-9a-f]{40}$/) },
    { status: 'rejected', reason: expect.objectContaining({ code: 'time-limit' }) },
    { status: 'fulfilled', value: expect.stringMatching(/^[0-9a-f]{40}$/) },
  ]);
});
