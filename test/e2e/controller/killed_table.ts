// The table of kills of a controller while agents send: what it confirmed as stored is, and so is what anyone has seen.
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../../controller/client/create_client.js';
import { openStore } from '../../../controller/store/sqlite/open_store.js';
import { systemClock } from '../../../shared/os/clock.js';
import { makeId } from '../../../shared/os/ids.js';
import type { Position } from '../../../shared/wire/protocol.js';
import type { StreamItem } from '../../../shared/model/journal/stream_item.js';
import {
  makeControllerPlace,
  type ControllerPlace,
  type ControllerProcess,
} from '../../helpers/controller/controller_process.js';
import { startFrameProxy } from '../../helpers/controller/frame_proxy.js';
import { connectPeer, type ProtocolPeer } from '../../helpers/controller/protocol_peer.js';
import { findFixedPort } from '../../helpers/free_port.js';
import { createRandom } from '../../helpers/seeded_random.js';
import { frameOf, makeStream, makeLongStream } from '../../helpers/controller/stored_streams.js';

const host = 'h1';
const tenant = 'acme';

let place: ControllerPlace;
let controller: ControllerProcess;
/** Of a proxy before the controller. */
let proxyPort: number;

const connect = (url = place.agentUrl) =>
  connectPeer({ url, joinToken: place.readJoinToken(), host, tenants: [tenant] });

/** Everything that the store holds of an upgrade; nobody else has it open. */
async function readStored(ids: readonly string[]): Promise<StreamItem[][]> {
  const store = openStore(place.storeFile);
  const streams: StreamItem[][] = [];
  for (const id of ids) {
    const stored = await store.upgrades.readStream(id, { after: 0, limit: 100_000 });
    streams.push(stored.map(({ item }) => item));
  }
  await store.close();
  return streams;
}

/** The order as it is stored; nobody else has the store open. */
async function readOrder(id: string) {
  const store = openStore(place.storeFile);
  const order = await store.orders.find(id);
  await store.close();
  if (order === null) throw new Error(`the order ${id} is not stored`);
  return order;
}

/** How many items of the stream lie before a position. */
function countBefore(stream: readonly StreamItem[], { events, outputs }: Position): number {
  const next = stream.findIndex((item) =>
    'event' in item ? item.event.n > events : item.output.at >= (outputs[item.output.key] ?? Infinity),
  );
  return next === -1 ? stream.length : next;
}

async function announce(peer: ProtocolPeer, streams: ReadonlyMap<string, readonly StreamItem[]>): Promise<Position[]> {
  const heads = [...streams].map(([upgrade, items]) => ({
    upgrade,
    events: items.filter((item) => 'event' in item).length,
  }));
  // One that nobody knows is always wanted: the answer comes in any case.
  const unknown = makeId();
  peer.send({ type: 'streams', streams: [...heads, { upgrade: unknown, events: 1 }] });
  const { streams: wanted } = await peer.next('stored');
  return wanted.filter(({ upgrade }) => upgrade !== unknown);
}

/** Registers the tests; the controller is killed `kills` times in each of the first two. */
export function describeKilledController({ kills }: { kills: number }): void {
  const items = 1000 * kills;
  beforeEach(async () => {
    proxyPort = await findFixedPort();
    place = await makeControllerPlace({ other_urls: [`http://127.0.0.1:${proxyPort}`] });
    controller = await place.start();
  });
  afterEach(async () => {
    await controller.end('SIGKILL');
    await place.remove();
  });

  test(`${items.toLocaleString('en')} events arrive in order, once each, however often the controller is killed`, async () => {
    const id = makeId();
    const stream = makeLongStream({ id, tenant, host, items });
    const random = createRandom(3);
    const killsAt = Array.from({ length: kills }, (_, index) => 900 * index + 200 + Math.floor(random() * 800));

    // The first one makes the upgrade known, so that it can be followed.
    const opener = await connect();
    await announce(opener, new Map([[id, stream]]));
    for (const item of stream.slice(0, 3)) opener.send(frameOf(id, item));
    await announce(opener, new Map());
    await opener.vanish();

    const leave = new AbortController();
    const client = createClient({ url: place.url, token: place.readToken(), clock: systemClock, random: Math.random });
    const following = client.followUpgrade(id, leave.signal);
    const seen: StreamItem[] = [];
    for (const killAt of [...killsAt, stream.length]) {
      const peer = await connect();
      const [position] = await announce(peer, new Map([[id, stream]]));
      if (position === undefined) throw new Error('the stream is not wanted');
      const start = countBefore(stream, position);
      // Whoever has seen something must find it there, whatever happened since.
      expect(start).toBeGreaterThanOrEqual(seen.length);
      // Some more is on its way when the kill comes.
      for (const item of stream.slice(start, killAt + 300)) peer.send(frameOf(id, item));
      while (seen.length < killAt) {
        const next = await following.next();
        if (next.done !== true) seen.push(next.value);
      }
      if (killAt === stream.length) await peer.next('stored');
      else await controller.end('SIGKILL');
      await peer.vanish();
      if (killAt < stream.length) controller = await place.start();
    }
    expect(await following.next()).toMatchObject({ done: true, value: { status: 'success' } });
    expect(seen).toEqual(stream);
    await controller.end('SIGTERM');
    expect((await readStored([id]))[0]).toEqual(stream);
  });

  test('an upgrade whose end was said to be stored is there after a kill at that very moment', async () => {
    const streams = new Map<string, StreamItem[]>();
    const said = new Set<string>();
    for (let round = 0; round < kills; round += 1) {
      for (let n = 0; n < 45; n += 1) {
        const id = makeId();
        streams.set(id, makeStream({ id, tenant, host }));
      }
      const peer = await connect();
      const wanted = await announce(peer, streams);
      // Nothing that was said to be stored is wanted again.
      expect(wanted.filter(({ upgrade }) => said.has(upgrade))).toEqual([]);
      for (const position of wanted) {
        const stream = streams.get(position.upgrade) ?? [];
        for (const item of stream.slice(countBefore(stream, position))) peer.send(frameOf(position.upgrade, item));
      }
      await peer.next('stored');
      await controller.end('SIGKILL');
      await peer.closed;
      const answers = peer.received.flatMap((frame) => (frame.type === 'stored' ? frame.streams : []));
      for (const { upgrade, events } of answers) if (events === 6) said.add(upgrade);
      controller = await place.start();
    }
    expect(said.size).toBeGreaterThanOrEqual(kills);
    await controller.end('SIGTERM');
    const ids = [...said];
    expect(await readStored(ids)).toEqual(ids.map((id) => streams.get(id)));
  });

  test('an order whose offer a kill swallowed is offered again, once to a connection and with its id', async () => {
    const proxy = await startFrameProxy(place.agentUrl, proxyPort);
    onTestFinished(() => proxy.close());
    const peer = await connect(proxy.url);
    await announce(peer, new Map());
    const trap = proxy.trap({ from: 'controller', kind: 'upgrade', nth: 1, fault: 'drop' });
    const client = createClient({ url: place.url, token: place.readToken(), clock: systemClock, random: Math.random });
    const { id, delivery } = await client.upgrade(tenant, { version: 'v0.2.0' });
    expect(delivery.state).toBe('pending');
    await trap.sprung;
    await controller.end('SIGKILL');
    await peer.closed;
    expect(peer.received.filter(({ type }) => type === 'upgrade')).toEqual([]);
    const { offered_at: offeredAt, ...order } = await readOrder(id);
    expect(order).toMatchObject({ accepted_at: null, ended_at: null });
    expect(offeredAt).not.toBeNull();

    // Until an event of its journal confirms it, every connection gets it anew.
    for (let times = 0; times < 2; times += 1) {
      controller = await place.start();
      const next = await connect();
      await announce(next, new Map());
      expect(next.received.filter(({ type }) => type === 'upgrade')).toMatchObject([
        { id, tenant, request: { version: 'v0.2.0' } },
      ]);
      await controller.end('SIGKILL');
      await next.closed;
    }
    controller = await place.start();
    const last = await connect();
    await last.next('upgrade');
    await announce(last, new Map([[id, makeStream({ id, tenant, host })]]));
    for (const item of makeStream({ id, tenant, host })) last.send(frameOf(id, item));
    await last.next('stored');
    expect(await client.findUpgrade(id)).toMatchObject({ status: 'success', delivery: { state: 'ended' } });
  });
}
