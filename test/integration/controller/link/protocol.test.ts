// What a controller does with frames that it should never get: that connection is closed with a code, and no other.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeId } from '../../../../shared/os/ids.js';
import {
  agentPath,
  agreeVersion,
  closeCodes,
  maxFrameBytes,
  protocolVersion,
} from '../../../../shared/wire/protocol.js';
import { startRig, type ControllerRig } from '../../../helpers/controller/controller_rig.js';
import {
  connectPeer,
  makeHello,
  makeReport,
  memberOf,
  openPeer,
  reportedTenant,
} from '../../../helpers/controller/protocol_peer.js';
import { makeMember } from '../../../helpers/controller/join_host.js';
import { frameOf, makeStream } from '../../../helpers/controller/stored_streams.js';

let rig: ControllerRig;

beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

/** A peer of host h1 with its tenant acme, and one of h2 that must not notice anything. */
async function connectTwo() {
  const [peer, other] = [
    await connectPeer({ ...rig, host: 'h1', tenants: ['acme'] }),
    await connectPeer({ ...rig, host: 'h2', tenants: ['bmce'] }),
  ];
  return { peer, other };
}

async function expectOtherUnharmed(other: Awaited<ReturnType<typeof connectPeer>>): Promise<void> {
  other.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
  await expect(other.next('stored')).resolves.toMatchObject({ streams: [{ events: 0 }] });
}

function anyHello() {
  const challenge = { type: 'challenge' as const, version: 2, controller: 'c', nonce: 'n'.repeat(43) };
  return makeHello(makeMember('h1'), challenge, 'ws://127.0.0.1:1');
}

describe('a frame', () => {
  it.each([
    ['that is not JSON', 'nonsense', closeCodes.policyViolation],
    ['that is JSON and no object', '7', closeCodes.policyViolation],
    ['of an unknown type', '{"type":"exec","argv":["sh"]}', closeCodes.policyViolation],
    ['with a field of the wrong type', '{"type":"streams","streams":"all"}', closeCodes.policyViolation],
    ['over the size limit', `{"type":"report","x":"${'x'.repeat(maxFrameBytes)}"}`, 1009],
    ['that is a second hello', JSON.stringify(anyHello()), closeCodes.policyViolation],
    ['of a stream that was not asked for', JSON.stringify(frameOf('u', first())), closeCodes.policyViolation],
    ['without an item', '{"type":"stream","upgrade":"u"}', closeCodes.policyViolation],
  ])('%s closes its connection with a code, and no other', async (_name, text, code) => {
    const { peer, other } = await connectTwo();
    peer.sendRaw(text);
    expect((await peer.closed).code).toBe(code);
    await expectOtherUnharmed(other);
  });

  it('with keys that are not known is taken without them', async () => {
    const { peer } = await connectTwo();
    const id = makeId();
    peer.sendRaw(JSON.stringify({ type: 'streams', streams: [{ upgrade: id, events: 1, more: 1 }], extra: true }));
    await expect(peer.next('stored')).resolves.toMatchObject({ streams: [{ upgrade: id, events: 0, outputs: {} }] });
  });

  it('before the hello closes the connection', async () => {
    const peer = await openPeer(rig);
    peer.send(makeReport([]));
    expect((await peer.closed).code).toBe(closeCodes.policyViolation);
  });

  it('in endless fragments is cut off at the size limit', async () => {
    const { peer, other } = await connectTwo();
    const part = 'x'.repeat(64 * 1024);
    const sendMore = () => {
      if (peer.socket.readyState !== WebSocket.OPEN) return;
      peer.socket.send(part, { fin: false }, () => setImmediate(sendMore));
    };
    sendMore();
    expect((await peer.closed).code).toBe(1009);
    await expectOtherUnharmed(other);
  });
});

function first() {
  const [item] = makeStream({ id: 'u', tenant: 'acme', host: 'h1' });
  if (item === undefined) throw new Error('a stream without items');
  return item;
}

async function announce(tenant: string) {
  const { peer, other } = await connectTwo();
  const id = makeId();
  const stream = makeStream({ id, tenant, host: 'h1' }).map((item) => frameOf(id, item));
  peer.send({ type: 'streams', streams: [{ upgrade: id, events: 6 }] });
  await peer.next('stored');
  return { peer, other, id, stream };
}

describe('a stream', () => {
  it.each([
    ['a gap', (frames: object[]) => [frames[0], frames[2]]],
    ['a repetition', (frames: object[]) => [frames[0], frames[0]]],
  ])('with %s closes the connection, and what was whole is stored', async (_name, choose) => {
    const { peer, other, id, stream } = await announce('acme');
    for (const frame of choose(stream)) peer.sendRaw(JSON.stringify(frame));
    expect((await peer.closed).code).toBe(closeCodes.policyViolation);
    // What the other host is sent comes after what was taken in before.
    await expectOtherUnharmed(other);
    expect(await rig.core.store.upgrades.find(id)).toMatchObject({ events: 1 });
  });

  it('with a value nested 10,000 deep is read no further, and what was whole is stored', async () => {
    const { peer, other, id, stream } = await announce('acme');
    peer.sendRaw(JSON.stringify(stream[0]));
    // All is as it should be but for the depth: the event is the next one, and its value may be any JSON.
    const fact = { n: 2, at: '2026-01-01T00:00:02.000Z', type: 'memo', key: 'k', value: 'DEEP' };
    const frame = JSON.stringify({ type: 'stream', upgrade: id, item: { event: fact } });
    peer.sendRaw(frame.replace('"DEEP"', '['.repeat(10_000) + ']'.repeat(10_000)));
    const reason = expect.stringContaining('not a frame: item.event.value must be JSON of at most');
    expect(await peer.closed).toEqual({ code: closeCodes.policyViolation, reason });
    await expectOtherUnharmed(other);
    expect(await rig.core.store.upgrades.find(id)).toMatchObject({ events: 1 });
  });

  it('of another host’s tenant is not taken', async () => {
    const { peer, id, stream } = await announce('bmce');
    for (const frame of stream) peer.send(frame);
    await rig.log.waitFor('the store refuses a stream of this host');
    peer.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
    await peer.next('stored');
    expect(await rig.core.store.upgrades.find(id)).toBeNull();
  });

  it('of an upgrade that another host has sent is not asked for', async () => {
    const { peer, other, id, stream } = await announce('acme');
    for (const frame of stream) peer.send(frame);
    await peer.next('stored');
    const mine = makeId();
    other.send({
      type: 'streams',
      streams: [
        { upgrade: id, events: 99 },
        { upgrade: mine, events: 1 },
      ],
    });
    const { streams } = await other.next('stored');
    expect(streams.map(({ upgrade }) => upgrade)).toEqual([mine]);
  });

  it('is said to be stored once its last event is, and then not asked for again', async () => {
    const { peer, id, stream } = await announce('acme');
    for (const frame of stream) peer.send(frame);
    await expect(peer.next('stored')).resolves.toMatchObject({ streams: [{ upgrade: id, events: 6 }] });
    const next = makeId();
    peer.send({
      type: 'streams',
      streams: [
        { upgrade: id, events: 6 },
        { upgrade: next, events: 1 },
      ],
    });
    const { streams } = await peer.next('stored');
    expect(streams.map(({ upgrade }) => upgrade)).toEqual([next]);
  });
});

describe('an agent', () => {
  it('finds nothing at another path', async () => {
    const socket = new WebSocket(`${rig.url}/other`);
    const failed = new Promise<Error>((resolve) => socket.once('error', resolve));
    expect((await failed).message).toContain('404');
    expect(agentPath).not.toBe('/other');
  });

  it.each([
    ['newer', protocolVersion + 1, `protocol ${protocolVersion + 1} is not supported, only 2`],
    ['older than the one before', protocolVersion - 2, 'drover-agent enroll'],
    ['that knew no keys', 1, 'drover-agent enroll'],
  ])('of a protocol that is not spoken, %s, gets an error and is no host', async (_what, version, says) => {
    const peer = await openPeer(rig);
    peer.sendRaw(JSON.stringify({ type: 'hello', version, host: 'h1', agent_version: '0.1.0', at: 'now' }));
    const { code, reason } = await peer.closed;
    expect(code).toBe(closeCodes.version);
    expect(reason).toContain(says);
    expect(peer.received.map(({ type }) => type)).toEqual(['challenge']);
    expect(await rig.core.store.hosts.find('h1')).toBeNull();
  });

  it.each([
    ['ahead', '2036-01-01T00:00:00.000Z', 315_532_800_000],
    ['behind', '2016-01-01T00:00:00.000Z', -315_619_200_000],
  ])('whose clock is ten years %s is taken in, and its host says by how much', async (_where, at, skewMs) => {
    await rig.close();
    rig = await startRig({ clock: { ...systemClock, now: () => new Date('2026-01-01T00:00:00.000Z') } });
    const peer = await openPeer(rig);
    await peer.hello(await memberOf(rig, 'h1'), { at });
    await peer.next('welcome');
    expect(await rig.fleet.findHost('h1')).toMatchObject({ state: 'connected', clock_skew_ms: skewMs });
  });

  it('may speak the controller’s version or the one before', () => {
    expect([5, 4, 3, 6].map((offered) => agreeVersion(offered, 5))).toEqual([5, 4, null, null]);
    expect(agreeVersion(1, 2)).toBeNull();
  });

  it('that compresses is not understood', async () => {
    const { peer } = await connectTwo();
    // RSV1 set on a text frame: compressed, which nobody agreed to.
    peer.writeBytes(Buffer.from([0xc1, 0x81, 0, 0, 0, 0, 0x61]));
    expect((await peer.closed).code).toBe(1002);
  });
});

it('reports of one tenant by two hosts leave it with the first, also when that no longer reports it', async () => {
  const first = await connectPeer({ ...rig, host: 'h1', tenants: ['acme'] });
  const second = await connectPeer({ ...rig, host: 'h2', tenants: ['acme'] });
  await rig.log.waitFor('a host reports tenants that belong to another host');
  expect(await rig.fleet.findTenant('acme')).toMatchObject({ host: 'h1' });
  first.send(makeReport([]));
  first.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
  await first.next('stored');
  second.send(makeReport([reportedTenant('acme')]));
  second.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
  await second.next('stored');
  expect(await rig.core.store.hosts.findHostOf('acme')).toBe('h1');
});
