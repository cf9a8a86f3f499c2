// What a tenant or its repository makes large: the agent says so, stays small, and stays connected.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { uuidv7 } from 'uuidv7';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addReleaseOn, makeTemplate, type HostTemplate } from '../../helpers/agent/agent_host.js';
import {
  addLinkedRelease,
  followLocal,
  followStored,
  openLinkedHost,
  slug,
  type LinkedHost,
} from '../../helpers/agent/linked_host.js';

const largeBytes = 96 * 1024 ** 2;
let template: HostTemplate;
let linked: LinkedHost;

beforeAll(async () => {
  template = await makeTemplate();
  await addLinkedRelease(template);
  const { repository } = template;
  const large = `#!/bin/bash\n${'#'.repeat(largeBytes - '#!/bin/bash\n'.length)}`;
  await addReleaseOn(repository, { base: 'v0.1.0', tag: 'v0.1.2' }, { 'release/v0.1.2.sh': large });
  const blanks = `#!${' '.repeat(80_000)}/bin/bash\ntrue\n`;
  await addReleaseOn(repository, { base: 'v0.1.0', tag: 'v0.1.3' }, { 'release/v0.1.3.sh': blanks });
  linked = await openLinkedHost(template);
});
afterAll(async () => {
  await linked.close();
  await template.remove();
});

async function plan(version: string) {
  const client = await linked.host.connect();
  return client.plan({ version });
}

/** The most memory that the agent has had, in bytes. */
function peakBytes(): number {
  const status = readFileSync(`/proc/${linked.agent().pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

const isConnected = async () => (await linked.rig().core.store.hosts.findTenant(slug)) !== null;

describe('a release hook', () => {
  test('of 96 MiB that packs well is refused by its size, and is never in the agent’s memory', async () => {
    await plan('v0.1.0');
    const before = peakBytes();
    const { blockers } = await plan('v0.1.2');
    expect(blockers).toMatchObject([{ code: 'invalid-hook', message: expect.stringContaining(`${largeBytes} bytes`) }]);
    expect(peakBytes() - before).toBeLessThan(largeBytes / 2);
  });

  test('whose first line has 80,000 blanks names no interpreter, as for the kernel', async () => {
    const { blockers } = await plan('v0.1.3');
    expect(blockers).toMatchObject([{ message: expect.stringContaining('names no interpreter') }]);
  });
});

describe('a host with 6,000 marker files of long names', () => {
  test('upgrades, says that it does not remember them, and tells the controller all of it', async () => {
    const { appDir } = linked.host.tenant;
    const script = `cd "$1"; for ((n = 0; n < 6000; n++)); do : >".release-$(printf %0200d $n)-done"; done`;
    execFileSync('bash', ['-ceu', script, 'bash', appDir]);
    const id = await linked.order();
    await linked.seeFinish(id);
    const stored = await followStored(linked, id);
    const { stream, result } = await followLocal(linked, id);
    expect(stored).toEqual(stream);
    expect(result).toMatchObject({ status: 'success' });
    expect(result.warnings).toContainEqual(expect.stringContaining('6000 files match hooks.markers'));
    expect(await isConnected()).toBe(true);
  });

  test('with a journal from before there were limits tells its record as a stub, and stays connected', async () => {
    const upgrades = path.join(linked.host.stateFolder, 'upgrades');
    const first = await linked.order();
    await linked.seeFinish(first);
    const lines = readFileSync(path.join(upgrades, first, 'journal.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const events = lines.map((line): Record<string, unknown> => Object(JSON.parse(line)));
    const markers = Array.from({ length: 6000 }, (_, n) => `./.release-${String(n).padStart(200, '0')}-done`);
    const [begin = {}, ...rest] = events;
    const id = uuidv7();
    const old = [{ ...begin, id }, { type: 'memo', at: begin['at'], key: 'markers_before', value: markers }, ...rest];
    const journal = old.map((event, index) => `${JSON.stringify({ ...event, n: index + 1 })}\n`).join('');
    await linked.agent().end('SIGTERM');
    mkdirSync(path.join(upgrades, id));
    writeFileSync(path.join(upgrades, id, 'journal.jsonl'), journal);
    await linked.startAgent();
    await linked.seeStored(async ({ core }) => (await core.store.upgrades.find(id)) !== null);
    const stored = await followStored(linked, id);
    expect(stored.events).toHaveLength(old.length);
    expect(stored.events[1]).toMatchObject({ type: 'memo', value: expect.stringMatching(/^\[\d+ bytes left out\]$/) });
    expect(await isConnected()).toBe(true);
  });
});
