// Nothing is answered before its effect is durable: for each answer of the agent, it is killed right after the answer, and
// the next agent holds what was answered. The table in agent/README.md lists these answers.
import { closeSync, constants, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeId } from '../../../shared/os/ids.js';
import {
  addReleaseOn,
  makeAgentHost,
  makeTemplate,
  type AgentHost,
  type HostTemplate,
} from '../../helpers/agent/agent_host.js';
import type { AgentProcess } from '../../helpers/agent/agent_process.js';
import type { UpgradeClient } from '../../helpers/agent/upgrade_client.js';
import { runShell } from '../upgrade/hosts.js';
import { startTestController, type TestController } from '../../helpers/controller/test_controller.js';

const request = { version: 'v0.1.1', force: true, allow_downgrade: false, from: null, commit: null };
const gate = '#!/bin/bash\nuntil [ -e "$DATA_DIR/go" ]; do [ -d "$DATA_DIR" ] || exit 1; sleep 0.02; done\n';
const breaks = '#!/bin/bash\ntouch "$DATA_DIR/broken"\nexit 3\n';
const releases = {
  'v0.1.1': { 'release/v0.1.1.sh': gate },
  'v0.1.2': { 'release/v0.1.2.sh': breaks },
};
/** Services that are a file. */
const keys = {
  services: {
    start: ['bash', '-c', 'test ! -e "$DATA_DIR/broken" && touch "$DATA_DIR/up"'],
    stop: ['bash', '-c', 'rm -f "$DATA_DIR/up"'],
    status: ['bash', '-c', 'test -e "$DATA_DIR/up"'],
  },
  requirements: 'none',
  database: 'none',
  migrations: 'none',
  health: 'none',
  allow_remote: ['rollback', 'resume', 'mark-hooks'],
};

let template: HostTemplate;
let controller: TestController;
let host: AgentHost;
let agent: AgentProcess;
let client: UpgradeClient;

async function start(): Promise<void> {
  const reports = controller.reports().length;
  agent = await host.start({});
  client = await host.connect();
  await controller.until(() => controller.reports().length > reports);
}

/** Kills the agent, and starts the next one. */
async function kill(): Promise<void> {
  await agent.end('SIGKILL');
  await start();
}

const data = (name: string) => path.join(host.tenant.dataDir, name);
const openGate = () => writeFileSync(data('go'), '');
const shutGate = () => rmSync(data('go'), { force: true });
const atHook = (id: string) => client.waitFor(id, (event) => event.type === 'command' && event.hook !== undefined);
const ask = (frame: Parameters<TestController['ask']>[0]) => controller.ask(frame);
const finishes = (id: string) =>
  (controller.streams.get(id)?.events ?? []).filter(({ type }) => type === 'finish').length;

beforeAll(async () => {
  template = await makeTemplate();
  for (const [tag, files] of Object.entries(releases)) {
    await addReleaseOn(template.repository, { tag, base: 'v0.1.0' }, files);
  }
  controller = await startTestController();
  host = await makeAgentHost(template, {
    agentKeys: controller.agentKeys,
    makeKeys: () => keys,
    hasService: false,
  });
  writeFileSync(data('up'), '');
  await start();
});
afterAll(async () => {
  openGate();
  const left = await host.close();
  await controller.close();
  await template.remove();
  if (left.length > 0) throw new Error(`processes are left: ${JSON.stringify(left)}`);
});

test('an accepted upgrade runs', async () => {
  const id = await client.ask(request);
  await kill();
  await atHook(id);
  openGate();
  expect((await client.follow(id)).result).toMatchObject({ status: 'success', current_version: 'v0.1.1' });
});

test('a cancelled upgrade is rolled back', async () => {
  shutGate();
  const id = await client.ask(request);
  await atHook(id);
  expect(await client.command({ type: 'cancel', force: false })).toBe(id);
  await kill();
  expect((await client.follow(id)).result.status).toBe('cancelled');
});

test('an upgrade that is cancelled while it is planned never runs', async () => {
  // Git in the work tree waits for a writer of this file, which holds the plan up.
  const exclude = path.join(host.tenant.appDir, '.git/info/exclude');
  rmSync(exclude, { force: true });
  runShell('mkfifo "$1"', exclude);
  const { id } = await controller.offer(request);
  await expect.poll(() => hasReader(exclude), { timeout: 30_000 }).toBe(true);
  const cancel = { type: 'cancel', request_id: makeId(), id, tenant: 'testsite', force: false } as const;
  expect(await ask(cancel)).toMatchObject({ upgrade: id, error: null });
  await agent.end('SIGKILL');
  hasReader(exclude); // What a killed plan left behind gets its end of the file.
  rmSync(exclude);
  await start();
  const { events, result } = await client.follow(id);
  expect(result.status).toBe('cancelled');
  expect(events.filter(({ type }) => type === 'step-begin')).toEqual([]);
});

/** True where a process waits to read from this FIFO, which then reads nothing. */
function hasReader(fifo: string): boolean {
  try {
    closeSync(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

test('an unknown upgrade that was cancelled never runs, nor one that was refused', async () => {
  const id = makeId();
  const offer = { type: 'upgrade', id, tenant: 'testsite', request, start_within_ms: 60_000 } as const;
  const cancel = { type: 'cancel', request_id: makeId(), id, tenant: 'testsite', force: false } as const;
  expect(await ask(cancel)).toMatchObject({ upgrade: null, error: null });
  const unknown = { ...offer, id: makeId(), tenant: 'nobody' };
  expect(await ask(unknown)).toMatchObject({ error: { code: 'unknown-tenant' } });
  await kill();
  expect(await ask(offer)).toMatchObject({ error: { code: 'cancelled' } });
  expect(await ask({ ...unknown, tenant: 'testsite' })).toMatchObject({ error: { code: 'unknown-tenant' } });
});

const marks = async () => (await host.look()).record?.marks.map(({ tag, as }) => ({ tag, as }));

test('a mark is in the record, and a repeated one changes nothing', async () => {
  const mark = {
    type: 'mark',
    request_id: makeId(),
    tenant: 'testsite',
    tag: 'v0.1.2',
    phase: null,
    as: 'skipped',
    reason: 'not here',
    start_within_ms: 60_000,
  } as const;
  expect(await ask(mark)).toMatchObject({ error: null });
  await kill();
  expect(await marks()).toEqual([{ tag: 'v0.1.2', as: 'skipped' }]);
  await client.command({ type: 'mark', tag: 'v0.1.2', phase: null, as: 'none', reason: '' });
  expect(await ask({ ...mark, start_within_ms: 0 })).toMatchObject({ error: null });
  expect(await marks()).toEqual([]);
});

test('a rollback goes on, and is answered again but not done again', async () => {
  openGate();
  const { id } = await controller.offer(request);
  expect(await controller.result(id)).toMatchObject({ status: 'success' });
  const own = makeId();
  const rollback = { type: 'rollback', request_id: own, id: own, tenant: 'testsite', restore_database: false } as const;
  expect(await ask({ ...rollback, start_within_ms: 60_000 })).toMatchObject({ upgrade: id, error: null });
  await kill();
  expect(await controller.result(id, 2)).toMatchObject({ status: 'rolled_back' });
  // What would be rolled back if the id were forgotten.
  const { id: later } = await controller.offer(request);
  expect(await controller.result(later)).toMatchObject({ status: 'success' });
  await kill();
  expect(await ask({ ...rollback, start_within_ms: 60_000 })).toMatchObject({ upgrade: id, error: null });
  expect({ first: finishes(id), later: finishes(later) }).toEqual({ first: 2, later: 1 });
});

test('a resumed upgrade goes on, and an accepted one stays accepted', async () => {
  const { id } = await controller.offer({ ...request, version: 'v0.1.2' });
  expect(await controller.result(id)).toMatchObject({ status: 'failed', failure: { needs_operator: true } });
  const resume = { type: 'resume', tenant: 'testsite', start_within_ms: 60_000 } as const;
  expect(await ask({ ...resume, request_id: makeId(), accept: false })).toMatchObject({ upgrade: id, error: null });
  await kill();
  expect(await controller.result(id, 2)).toMatchObject({ failure: { needs_operator: true } });
  const accept = { ...resume, request_id: makeId(), accept: true };
  expect(await ask(accept)).toMatchObject({ upgrade: id, error: null });
  await kill();
  expect(await controller.result(id, 3)).toMatchObject({ status: 'failed', failure: { needs_operator: false } });
  expect(await ask(accept)).toMatchObject({ upgrade: id, error: null });
  expect(finishes(id)).toBe(3);
  rmSync(data('broken'), { force: true });
  expect(existsSync(data('broken'))).toBe(false);
});

test('every item that was sent is in the journal of the next agent, once and in order', async () => {
  for (const [id, { events, seamless }] of controller.streams) {
    expect({ id, seamless }).toEqual({ id, seamless: true });
    expect((await client.follow(id, { finishes: finishes(id) })).events).toEqual(events);
  }
});
