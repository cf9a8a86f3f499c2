// The uplink over real sockets: what it does when the controller is not as it should be.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectionLimits } from '../../../../agent/uplink/controller_connection.js';
import { startUplink, type UplinkOptions } from '../../../../agent/uplink/uplink.js';
import { readUplinkStatus } from '../../../../agent/uplink/status_file.js';
import { stateFolder } from '../../../../agent/store/state_folder.js';
import { makeId } from '../../../../shared/os/ids.js';
import { systemClock } from '../../../../shared/os/clock.js';
import type { StreamItem } from '../../../../shared/model/journal/stream_item.js';
import { createMemoryPort } from '../../../helpers/agent/memory_port.js';
import { giveIdentity, makeMember } from '../../../helpers/controller/join_host.js';
import { seeChange } from '../../../helpers/see_change.js';
import { startTestController, type TestControllerOptions } from '../../../helpers/controller/test_controller.js';

const nothing = createMemoryPort(
  () => new Map(),
  async function* readItems() {},
);
const limits = { openMs: 5000, pingMs: 50, silenceMs: 1000 };

async function open(options: TestControllerOptions = {}, wish: Partial<UplinkOptions> & { joins?: boolean } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-uplink-'));
  const controller = await startTestController(options);
  const identityFile = stateFolder(folder).identity;
  if (wish.joins !== false) await giveIdentity(folder, { url: controller.url, member: makeMember('h1') });
  const warnings: string[] = [];
  const waiting = new Set<() => void>();
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn(_fields: object, message: string) {
      warnings.push(message);
      for (const look of waiting) look();
    },
    error: (_fields: object, message: string) => void warnings.push(message),
  };
  const statusFile = path.join(folder, 'uplink.json');
  const { joins: _joins, ...others } = wish;
  const uplink = startUplink({
    controller: { url: controller.url, insecure: false },
    port: nothing,
    host: 'h1',
    identityFile,
    instance: makeId(),
    statusFile,
    log,
    clock: systemClock,
    random: () => 0.01,
    limits,
    ...others,
  });
  onTestFinished(async () => {
    await uplink.close();
    await controller.close();
    rmSync(folder, { recursive: true });
  });
  return {
    controller,
    uplink,
    warnings,
    folder,
    /** Returns once so much has been warned of. */
    warned: (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => (warnings.length >= count ? resolve() : undefined);
        waiting.add(look);
        look();
      }),
    status: () => readUplinkStatus(statusFile),
    statusIs: (isSo: (text: string) => boolean) =>
      seeChange(folder, () => {
        try {
          return isSo(readFileSync(statusFile, 'utf8'));
        } catch {
          return false;
        }
      }),
  };
}

test('a controller that no longer answers is noticed, within 45 s where nothing else is set, and connected to again', async () => {
  expect(connectionLimits.silenceMs).toBeLessThanOrEqual(45_000);
  const { controller, warnings } = await open();
  await controller.until(() => controller.reports().length === 1);
  controller.links[0]?.socket.pause();
  await controller.until(() => controller.reports().length === 2);
  expect(warnings[0]).toContain('the controller did not send anything for 1 s');
});

test('a controller that says no welcome is left, and tried again', async () => {
  const { controller, warnings } = await open({ welcomes: false }, { limits: { ...limits, openMs: 100 } });
  await controller.until(() => controller.links.length === 3);
  expect(new Set(warnings).size).toBe(1);
  expect(warnings[0]).toContain('did not send a welcome for 0.1 s');
});

test('a host that has not joined is told so once, and connects as soon as it has, without a restart', async () => {
  const { controller, warnings, warned, statusIs, folder } = await open({}, { joins: false });
  await warned(1);
  expect(warnings).toEqual([expect.stringContaining('this host has not joined a controller yet')]);
  await statusIs((text) => text.includes('drover join-tokens create'));
  await giveIdentity(folder, { url: controller.url, member: makeMember('h1') });
  await controller.until(() => controller.reports().length === 1);
});

test('a host that is told of another key leaves the connection of the one before, whoever answers there', async () => {
  const { controller, folder, uplink } = await open({}, { controller: undefined });
  await controller.until(() => controller.reports().length === 1);
  const member = makeMember('h1');
  const other = await startTestController();
  onTestFinished(() => other.close());
  await giveIdentity(folder, { url: other.url, member });
  uplink.noteIdentity();
  await other.until(() => other.reports().length === 1);
  expect(controller.links).toMatchObject([{ closed: { code: 1006 } }]);
});

test('a key that changes while it is read is read again, before anything is said with the one of before', async () => {
  const place = await startTestController();
  onTestFinished(() => place.close());
  const member = makeMember('h1');
  let change: (() => void) | null = null;
  const controller = {
    insecure: false,
    /** Looked at once the key has been read. */
    get url() {
      change?.();
      change = null;
      return place.url;
    },
  };
  const { folder, uplink } = await open({}, { controller });
  change = () => {
    writeFileSync(stateFolder(folder).identity, JSON.stringify({ url: place.url, active: member, next: null }));
    uplink.noteIdentity();
  };
  await place.until(() => place.reports().length === 1);
  const hellos = place.links.flatMap(({ frames }) => frames).filter(({ type }) => type === 'hello');
  expect(hellos).toEqual([expect.objectContaining({ key: member.key })]);
});

test('a host says nothing to another controller than the one that it has joined', async () => {
  const { controller, warnings, warned } = await open({ id: 'another-controller' });
  await warned(1);
  expect(warnings[0]).toContain('this is another controller than the one that this host has joined');
  await controller.until(() => controller.links.length >= 2);
  expect(controller.links.flatMap(({ frames }) => frames)).toEqual([]);
});

test('a host whose name was changed in agent.yaml does not speak for the name that it has joined as', async () => {
  const { controller, warnings, warned } = await open({}, { host: 'h2' });
  await warned(1);
  expect(warnings[0]).toContain('the agent started as h2, and this host has joined as h1');
  expect(controller.links).toEqual([]);
});

const nested = '['.repeat(10_000) + ']'.repeat(10_000);

test.each([
  ['a frame of another protocol', JSON.stringify({ type: 'shell', run: 'id' }), 'not a frame of this protocol'],
  ['what is not JSON', 'nonsense', 'not JSON'],
  ['an array nested 10,000 deep', nested, 'not a frame of this protocol'],
  [
    'a version of nearly a mebibyte',
    JSON.stringify({
      type: 'upgrade',
      id: 'u1',
      tenant: 'acme',
      request: { version: 'v'.repeat(1_000_000) },
      start_within_ms: 1,
    }),
    'request.version must be',
  ],
  ['such an array inside a frame', `{"type":"stored","streams":${nested}}`, 'not a frame of this protocol'],
])('%s is answered with 1008, and the agent comes back', async (_what, text, reason) => {
  const { controller } = await open();
  await controller.until(() => controller.reports().length === 1);
  controller.links[0]?.socket.send(text);
  await controller.until(() => controller.reports().length === 2);
  expect(controller.links[0]?.closed).toEqual({ code: 1008, reason: expect.stringContaining(reason) });
});

test('a frame over the size limit ends the connection, and the agent comes back', async () => {
  const { controller } = await open();
  await controller.until(() => controller.reports().length === 1);
  controller.links[0]?.socket.send('x'.repeat(1024 ** 2 + 1));
  await controller.until(() => controller.reports().length === 2);
  expect(controller.links[0]?.closed).not.toBeNull();
});

test('a controller that does not read does not fill the memory; what is left arrives later', async () => {
  const pieces = 1000;
  const text = 'x'.repeat(64 * 1024);
  let pulled = 0;
  async function* readItems(_upgrade: string, events: number): AsyncGenerator<StreamItem> {
    for (let n = events + 1; n <= pieces; n += 1) {
      pulled += 1;
      yield { event: { type: 'memo', key: 'k', value: text, n, at: '2026-01-01T00:00:00.000Z' } };
    }
  }
  let pulledBefore = 0;
  const { controller } = await open(
    {
      admits(frame, link) {
        // The first connection is read from no more once the stream begins.
        if (frame.type === 'stream' && controller.links.indexOf(link) === 0) link.socket.pause();
        if (frame.type === 'hello' && controller.links.length === 2) pulledBefore = pulled;
        return true;
      },
    },
    { port: createMemoryPort(() => new Map([['u1', pieces]]), readItems) },
  );
  await controller.until(() => controller.streams.get('u1')?.events.length === pieces);
  expect(controller.streams.get('u1')?.seamless).toBe(true);
  // What the kernel's buffers on both sides take, and no more: some megabytes of 62.
  expect(pulledBefore * 64).toBeLessThan(32 * 1024);
});
