// Agents that have the secret and misbehave: they are held to limits, and no other agent, tenant or client notices.
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controllerLimits } from '../../../controller/limits.js';
import { makeId } from '../../../shared/os/ids.js';
import { hostSchema, pageOf, upgradeSchema } from '../../../shared/wire/api.js';
import { closeCodes, type AgentFrame } from '../../../shared/wire/protocol.js';
import {
  makeControllerPlace,
  type ControllerPlace,
  type ControllerProcess,
} from '../../helpers/controller/controller_process.js';
import {
  connectPeer,
  makeHello,
  makeReport,
  openPeer,
  reportedTenant,
  type ProtocolPeer,
} from '../../helpers/controller/protocol_peer.js';
import { beginOf, finishOf, frameOf, makeStream, stampEvents } from '../../helpers/controller/stored_streams.js';
import { measureHeartbeat } from '../../helpers/hostile/measure_heartbeat.js';

let place: ControllerPlace;
let controller: ControllerProcess;
let connection: { url: string; secret: string };
/** An agent that must not notice anything. */
let neighbour: ProtocolPeer;

beforeAll(async () => {
  place = await makeControllerPlace();
  controller = await place.start();
  connection = { url: place.agentUrl, secret: place.readSecret() };
  neighbour = await connectPeer({ ...connection, host: 'quiet', tenants: ['victim'] });
});
afterAll(async () => {
  neighbour.socket.terminate();
  await controller.end('SIGTERM');
  await place.remove();
});

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${place.url}${path}`, { ...init, headers: { authorization: `Bearer ${place.readToken()}` } });

/** Sends frames as fast as the socket takes them; this process has other peers, whose pongs it must see meanwhile. */
async function sendAll(peer: ProtocolPeer, frames: Iterable<AgentFrame>): Promise<void> {
  let n = 0;
  for (const frame of frames) {
    peer.send(frame);
    n += 1;
    if (n % 100 === 0) await setImmediate();
    while (peer.socket.bufferedAmount > 1024 ** 2) await setImmediate();
  }
}

/** Resolves when all that the peer has sent before was handled. */
async function settle(peer: ProtocolPeer): Promise<void> {
  const upgrade = makeId();
  peer.send({ type: 'streams', streams: [{ upgrade, events: 1 }] });
  while ((await peer.next('stored')).streams.every((stream) => stream.upgrade !== upgrade));
}

async function expectUnharmed(): Promise<void> {
  await settle(neighbour);
  expect((await fetch(`${place.url}/healthz`)).status).toBe(200);
}

const residentMegabytes = () => Number(readFileSync(`/proc/${controller.pid}/statm`, 'utf8').split(' ')[1]) / 256;

describe('a journal of 200,000 events', () => {
  it('is cut, its upgrade counts as failed, and the heartbeat of another agent does not wait for it', async () => {
    const peer = await connectPeer({ ...connection, host: 'loud', tenants: ['acme'] });
    const id = makeId();
    peer.send({ type: 'streams', streams: [{ upgrade: id, events: 200_000 }] });
    await peer.next('stored');
    const heartbeat = measureHeartbeat(neighbour.socket);
    function* frames() {
      const [begin] = stampEvents([beginOf(id, 'acme', 'loud')]);
      if (begin !== undefined) yield frameOf(id, { event: begin });
      const at = new Date().toISOString();
      // The limit is reached at half of it; what comes after that is not even handled.
      for (let n = 2; n <= controllerLimits.upgradeEvents.max + 2000; n += 1) {
        yield frameOf(id, { event: { n, at, type: 'line', text: `line ${n} of a journal without an end` } });
      }
    }
    await sendAll(peer, frames());
    await expect
      .poll(async () => upgradeSchema.parse(await (await ask(`/api/v1/upgrades/${id}`)).json()), { timeout: 60_000 })
      .toMatchObject({ status: 'failed', failure: { code: 'too-large', needs_operator: true } });
    expect(await heartbeat.end()).toBeLessThan(2000);
    const again = makeId();
    peer.send({
      type: 'streams',
      streams: [
        { upgrade: id, events: 200_000 },
        { upgrade: again, events: 1 },
      ],
    });
    expect((await peer.next('stored')).streams.map(({ upgrade }) => upgrade)).toEqual([again]);
    await peer.vanish();
    await expectUnharmed();
  }, 120_000);
});

describe('announcements', () => {
  it('of streams that never come cost little memory, and only so many are asked for', async () => {
    const peer = await connectPeer({ ...connection, host: 'promises', tenants: [] });
    await settle(neighbour);
    const before = residentMegabytes();
    const count = 100_000;
    await sendAll(
      peer,
      Array.from({ length: count / 500 }, () => ({
        type: 'streams' as const,
        streams: Array.from({ length: 500 }, () => ({ upgrade: makeId().padEnd(64, 'x'), events: 9 })),
      })),
    );
    peer.send({ type: 'answer', request_id: makeId(), upgrade: null, error: null });
    await expect.poll(() => peer.received.filter(({ type }) => type === 'stored')).not.toEqual([]);
    await expectUnharmed();
    const asked = peer.received.flatMap((frame) => (frame.type === 'stored' ? frame.streams : []));
    expect(asked.length).toBeLessThanOrEqual(controllerLimits.openStreams.max);
    expect(residentMegabytes() - before).toBeLessThan(100);
    await peer.vanish();
  });

  it('of more streams than are received at once are all asked for, one after another', async () => {
    const peer = await connectPeer({ ...connection, host: 'many', tenants: ['bmce'] });
    const ids = Array.from({ length: controllerLimits.openStreams.max + 20 }, () => makeId());
    peer.send({ type: 'streams', streams: ids.map((upgrade) => ({ upgrade, events: 2 })) });
    const sent = new Set<string>();
    while (sent.size < ids.length) {
      for (const { upgrade, events } of (await peer.next('stored')).streams) {
        if (events > 0 || sent.has(upgrade)) continue;
        sent.add(upgrade);
        for (const event of stampEvents([beginOf(upgrade, 'bmce', 'many'), finishOf()])) {
          peer.send(frameOf(upgrade, { event }));
        }
      }
    }
    expect([...sent].toSorted()).toEqual(ids.toSorted());
    await peer.vanish();
  });
});

describe('a frame', () => {
  const stream = '{"type":"stream","upgrade":"u","item":{"output":{"key":"k","at":AT,"next":NEXT,"text":"x"}}}';
  const wide = '漢'.repeat(64);
  it.each([
    ['whose error holds wide characters', stream.replace('"u"', `"${wide}"`).replace('AT', '0').replace('NEXT', '1')],
    ['of an unknown type in wide characters', `{"type":"${wide}"}`],
    ['with a key of half a megabyte', `{"type":"report","${'k'.repeat(500_000)}":1}`],
    ['of nothing but brackets', '['.repeat(500_000)],
    ['that is empty', ''],
    ['that is no UTF-8', Buffer.from([0xc3, 0x28])],
    ['with a prototype', '{"type":"streams","__proto__":{"streams":[]}}'],
  ])('%s closes its connection with a reason of plain text', async (_what, data) => {
    const peer = await connectPeer({ ...connection, host: `frames-${makeId()}` });
    peer.sendRaw(data);
    const { code, reason } = await peer.closed;
    expect(code).toBe(closeCodes.policyViolation);
    expect(reason).toMatch(/^[\u0020-\u007e]*$/);
    expect(reason).not.toMatch(/sqlite|constraint|datatype/i);
    await expectUnharmed();
  });

  it.each([0.5, 1e300, -1, 2 ** 53])(
    'with the position %d closes its connection without the words of SQLite',
    async (next) => {
      const host = `positions-${makeId()}`;
      const peer = await connectPeer({ ...connection, host, tenants: [host.slice(0, 30)] });
      const id = makeId();
      peer.send({ type: 'streams', streams: [{ upgrade: id, events: 3 }] });
      await peer.next('stored');
      for (const item of makeStream({ id, tenant: host.slice(0, 30), host }).slice(0, 3)) peer.send(frameOf(id, item));
      peer.send(frameOf(id, { output: { key: 'hooks-post-pull.v0.2.0.sh', at: 0, next, text: 'x' } }));
      const { code, reason } = await peer.closed;
      expect(code).toBe(closeCodes.policyViolation);
      expect(reason).toMatch(/^[\u0020-\u007e]*$/);
      expect(reason).not.toMatch(/sqlite|constraint|datatype|store/i);
      await expectUnharmed();
    },
  );

  it('that nobody asked for leaves nothing', async () => {
    const peer = await connectPeer({ ...connection, host: 'answers', tenants: [] });
    const before = countRows('orders');
    await sendAll(
      peer,
      Array.from({ length: 2000 }, (_, n): AgentFrame => {
        const request_id = makeId();
        if (n % 2 === 0) return { type: 'plan_result', request_id, plan: null, error: null };
        return { type: 'answer', request_id, upgrade: n % 4 === 1 ? request_id : null, error: null };
      }),
    );
    await settle(peer);
    expect(countRows('orders')).toBe(before);
    await peer.vanish();
    await expectUnharmed();
  });
});

function countRows(table: 'orders' | 'keys'): number {
  const store = new DatabaseSync(place.storeFile, { readOnly: true });
  const row = store.prepare(`SELECT COUNT(*) AS n FROM ${table}`).get();
  store.close();
  return Number(row?.['n']);
}

describe('an agent', () => {
  it('that breaks the protocol again and again has to wait, and no other', async () => {
    const misbehave = async () => {
      const peer = await openPeer(connection);
      peer.send(makeHello('rude'));
      await Promise.race([peer.next('welcome'), peer.closed]);
      if (peer.socket.readyState === peer.socket.OPEN) peer.sendRaw('nonsense');
      return peer.closed;
    };
    const closings = [await misbehave(), await misbehave(), await misbehave(), await misbehave()];
    const { policyViolation, tryAgainLater } = closeCodes;
    expect(closings.map(({ code }) => code)).toEqual([
      policyViolation,
      policyViolation,
      policyViolation,
      tryAgainLater,
    ]);
    expect(closings.at(-1)?.reason).toMatch(/again and again; wait 1 s$/);
    const other = await connectPeer({ ...connection, host: 'polite' });
    await settle(other);
    await other.vanish();
    await expectUnharmed();
  });

  it('that reports without end has its latest report stored', async () => {
    const peer = await connectPeer({ ...connection, host: 'reporter', tenants: [] });
    for (let n = 0; n <= 500; n += 1) peer.send(makeReport([reportedTenant(`t${n}`)]));
    await expect
      .poll(async () => hostSchema.parse(await (await ask('/api/v1/hosts/reporter')).json()).tenants, {
        timeout: 10_000,
      })
      .toEqual(['t500']);
    await peer.vanish();
    await expectUnharmed();
  });

  it('with a NUL in its name takes nothing from the host with the name before the NUL', async () => {
    const peer = await openPeer(connection);
    peer.send(makeHello('quiet\u0000'));
    await Promise.race([peer.next('welcome'), peer.closed]);
    if (peer.socket.readyState === peer.socket.OPEN) {
      peer.send(makeReport([]));
      await Promise.race([settle(peer).catch(() => undefined), peer.closed]);
    }
    peer.socket.terminate();
    await expectUnharmed();
    expect(hostSchema.parse(await (await ask('/api/v1/hosts/quiet')).json())).toMatchObject({
      state: 'connected',
      tenants: ['victim'],
    });
  });

  it('with the longest name is listed, and so is the host after it', async () => {
    const names = ['a'.repeat(255), `${'a'.repeat(254)}b`];
    for (const host of names) await (await connectPeer({ ...connection, host })).vanish();
    const page = pageOf(hostSchema);
    const first = page.parse(await (await ask('/api/v1/hosts?limit=1')).json());
    const second = page.parse(await (await ask(`/api/v1/hosts?limit=1&cursor=${first.next}`)).json());
    expect([...first.items, ...second.items].map(({ host }) => host)).toEqual(names);
  });
});

describe('a client of the API', () => {
  it('leaves nothing with cancels of unknown ids, and one order with cancels of one upgrade', async () => {
    const before = countRows('orders');
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const answer = await ask(`/api/v1/upgrades/${makeId()}/cancel`, { method: 'POST' });
        await answer.text();
        return answer.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([404]));
    expect(countRows('orders')).toBe(before);
    const host = await connectPeer({ ...connection, host: 'away', tenants: ['cmce'] });
    await settle(host);
    const ordered = await ask('/api/v1/tenants/cmce/upgrade', { method: 'POST' });
    const { id } = upgradeSchema.parse(await ordered.json());
    await host.next('upgrade');
    await host.vanish();
    await expect
      .poll(async () => hostSchema.parse(await (await ask('/api/v1/hosts/away')).json()).state)
      .toBe('offline');
    for (let n = 0; n < 20; n += 1) await (await ask(`/api/v1/upgrades/${id}/cancel`, { method: 'POST' })).text();
    expect(countRows('orders')).toBe(before + 2);
  });
});
