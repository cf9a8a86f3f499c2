// Orders: stored once, offered until the host's journal answers, withdrawn, expired; and where an upgrade is meanwhile.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endExpired } from '../../../../controller/fleet/housekeeping.js';
import { createNotices } from '../../../../controller/fleet/notices.js';
import { upgradeBodySchema } from '../../../../shared/api.js';
import { systemClock } from '../../../../shared/clock.js';
import { makeId } from '../../../../shared/ids.js';
import { startRig, type ControllerRig } from '../../../helpers/controller_rig.js';
import { connectPeer, type ProtocolPeer } from '../../../helpers/protocol_peer.js';
import { frameOf, makeStory } from '../../../helpers/told_stories.js';

let rig: ControllerRig;
let peer: ProtocolPeer;

const connect = async () => {
  peer = await connectPeer({ ...rig, host: 'h1', tenants: ['acme'] });
  // What was said before this is answered was taken in before.
  peer.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
  await peer.next('stored');
};

beforeEach(async () => {
  rig = await startRig();
  await connect();
});
afterEach(() => rig.close());

const body = (wish: object = {}) => upgradeBodySchema.parse({ version: 'v0.2.0', ...wish });
const ask = (wish: object = {}, key?: string) => rig.core.fleet.upgrade('acme', body(wish), key);
const look = async (id: string) => {
  const { status, delivery } = await rig.core.fleet.findUpgrade(id);
  return { status, state: delivery.state };
};

/** The agent has it and tells its whole story; returns once that is stored. */
async function tellAll(id: string, count?: number): Promise<void> {
  const story = makeStory({ id, tenant: 'acme', host: 'h1' }).slice(0, count);
  peer.send({ type: 'streams', streams: [{ upgrade: id, events: 6 }] });
  await peer.next('stored');
  for (const item of story) peer.send(frameOf(id, item));
  if (count === undefined) await peer.next('stored');
}

async function goAway(): Promise<void> {
  await peer.vanish();
  await rig.log.waitFor('a host has gone');
}

describe('an order', () => {
  it('is offered at once, and ends with the first record of the journal', async () => {
    const { id, delivery } = await ask({ force: true, commit: 'a'.repeat(40) });
    expect(delivery).toMatchObject({ state: 'owed', ordered: true });
    const offer = await peer.next('upgrade');
    expect(offer).toMatchObject({
      id,
      tenant: 'acme',
      request: { version: 'v0.2.0', force: true, allow_downgrade: false, expect_commit: 'a'.repeat(40) },
    });
    expect(offer.start_within_ms).toBeGreaterThan(3_590_000);
    await tellAll(id);
    expect(await look(id)).toEqual({ status: 'success', state: 'ended' });
    await goAway();
    await connect();
    expect(peer.received.filter(({ type }) => type === 'upgrade')).toEqual([]);
  });

  it('is offered again after every connect until then', async () => {
    const { id } = await ask();
    for (let times = 0; times < 3; times += 1) {
      await expect(peer.next('upgrade')).resolves.toMatchObject({ id });
      peer.send({ type: 'answer', request_id: id, upgrade: id, error: null });
      await goAway();
      expect(await look(id)).toEqual({ status: 'queued', state: 'lost_from_sight' });
      rig.log.lines.length = 0;
      await connect();
      expect((await look(id)).state).toBe('accepted');
    }
    await peer.next('upgrade');
    await tellAll(id);
    expect((await look(id)).state).toBe('ended');
  });

  it('of a host that is away waits for it', async () => {
    await goAway();
    const { id } = await ask();
    expect(await look(id)).toEqual({ status: 'queued', state: 'offline' });
    await connect();
    await expect(peer.next('upgrade')).resolves.toMatchObject({ id });
    expect((await look(id)).state).toBe('owed');
  });

  it('survives the controller', async () => {
    await goAway();
    const { id } = await ask();
    await rig.close({ keepStore: true });
    rig = await startRig({ storeFile: rig.storeFile });
    await connect();
    await expect(peer.next('upgrade')).resolves.toMatchObject({ id });
  });

  it('that the agent refuses ends with what it said', async () => {
    const { id } = await ask({ allow_downgrade: true });
    await peer.next('upgrade');
    const error = {
      code: 'not-allowed-remotely',
      message: 'no downgrades from afar',
      hint: 'allow_remote: [downgrade]',
    };
    peer.send({ type: 'answer', request_id: id, upgrade: null, error });
    const ended = await rig.core.fleet.waitForUpgrade(id, AbortSignal.timeout(10_000));
    expect(ended).toMatchObject({
      status: 'refused',
      failure: { code: 'not-allowed-remotely', message: 'no downgrades from afar', hint: 'allow_remote: [downgrade]' },
      delivery: { state: 'ended' },
    });
  });

  it('for a tenant that has one already is refused, naming it', async () => {
    const { id } = await ask();
    await expect(ask()).rejects.toMatchObject({ code: 'busy', message: expect.stringContaining(id) });
  });

  it('is one order however often it is asked for with one key', async () => {
    const asked = await Promise.all(Array.from({ length: 100 }, () => ask({}, 'key-1')));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    await expect(ask({ force: true }, 'key-1')).rejects.toMatchObject({ code: 'key-reused' });
  });

  it('for an unknown tenant is refused', async () => {
    await expect(rig.core.fleet.upgrade('nobody', body())).rejects.toMatchObject({ code: 'unknown-tenant' });
  });

  it('whose time is over before its host came ends as refused', async () => {
    await goAway();
    const { id } = await ask({ start_within_s: 1 });
    const clock = { ...systemClock, now: () => new Date(Date.now() + 2000) };
    await endExpired({ store: rig.core.store, notices: createNotices(), clock });
    expect(await rig.core.fleet.findUpgrade(id)).toMatchObject({ status: 'refused', failure: { code: 'expired' } });
    await connect();
    expect(peer.received.filter(({ type }) => type === 'upgrade')).toEqual([]);
  });

  it('whose time is over after it may have reached its host is for that to answer', async () => {
    const { id } = await ask({ start_within_s: 1 });
    await peer.next('upgrade');
    await goAway();
    const clock = { ...systemClock, now: () => new Date(Date.now() + 2000) };
    await endExpired({ store: rig.core.store, notices: createNotices(), clock });
    expect(await look(id)).toEqual({ status: 'queued', state: 'lost_from_sight' });
  });
});

describe('where an upgrade is', () => {
  it('is running while its host is there, and lost from sight while it is not', async () => {
    const { id } = await ask();
    await tellAll(id, 3);
    await rig.core.fleet.followStory(id, 2, AbortSignal.timeout(10_000)).next();
    expect(await look(id)).toEqual({ status: 'running', state: 'running' });
    await goAway();
    expect(await look(id)).toEqual({ status: 'running', state: 'lost_from_sight' });
  });
});

describe('a cancel', () => {
  it('of an upgrade that never left is done at once', async () => {
    await goAway();
    const { id } = await ask();
    expect(await rig.core.fleet.cancel(id, { force: false })).toMatchObject({
      status: 'cancelled',
      delivery: { state: 'ended' },
    });
    await connect();
    expect(peer.received.filter(({ type }) => type === 'upgrade')).toEqual([]);
  });

  it('of one that its host has never heard of withdraws it for good', async () => {
    const { id } = await ask();
    const cancelling = rig.core.fleet.cancel(id, { force: false });
    const { request_id } = await peer.next('cancel');
    peer.send({ type: 'answer', request_id, upgrade: null, error: null });
    expect(await cancelling).toMatchObject({ status: 'cancelled', delivery: { state: 'ended' } });
  });

  it('goes to a host that is away as soon as it is back, and the upgrade is not offered before it', async () => {
    const { id } = await ask();
    await peer.next('upgrade');
    await goAway();
    expect(await rig.core.fleet.cancel(id, { force: true })).toMatchObject({ delivery: { state: 'withdrawing' } });
    await connect();
    const cancel = await peer.next('cancel');
    expect(cancel).toMatchObject({ id, force: true });
    expect(peer.received.filter(({ type }) => type === 'upgrade')).toEqual([]);
    peer.send({ type: 'answer', request_id: cancel.request_id, upgrade: null, error: null });
    const ended = await rig.core.fleet.waitForUpgrade(id, AbortSignal.timeout(10_000));
    expect(ended.status).toBe('cancelled');
  });

  it('that the agent cannot follow says why', async () => {
    const { id } = await ask();
    await tellAll(id, 3);
    await rig.core.fleet.followStory(id, 2, AbortSignal.timeout(10_000)).next();
    const cancelling = rig.core.fleet.cancel(id, { force: false });
    const { request_id } = await peer.next('cancel');
    const error = { code: 'not-cancellable', message: 'past its commit point', hint: null };
    peer.send({ type: 'answer', request_id, upgrade: null, error });
    await expect(cancelling).rejects.toMatchObject({ code: 'not-cancellable', message: 'past its commit point' });
    expect((await look(id)).state).toBe('running');
  });

  it('of one that has ended is refused', async () => {
    const { id } = await ask();
    await tellAll(id);
    await expect(rig.core.fleet.cancel(id, { force: false })).rejects.toMatchObject({ code: 'nothing-to-do' });
  });
});

describe('a rollback', () => {
  it('ends with the upgrade that it turns back, which is under way again', async () => {
    const { id } = await ask();
    await tellAll(id);
    const asking = rig.core.fleet.rollback('acme', { restore_database: true });
    const order = await peer.next('rollback');
    expect(order).toMatchObject({ tenant: 'acme', restore_database: true });
    peer.send({ type: 'answer', request_id: order.request_id, upgrade: id, error: null });
    peer.send({ type: 'streams', streams: [{ upgrade: id, events: 7 }] });
    await expect(peer.next('stored')).resolves.toMatchObject({ streams: [{ upgrade: id, events: 6 }] });
    const at = new Date().toISOString();
    const record = { n: 7, at, type: 'rollback' as const, id: order.id, restore_database: true };
    peer.send({ type: 'stream', upgrade: id, event: record });
    // Not before: who follows it now must not see its first end.
    expect(await asking).toMatchObject({ id, status: 'running', delivery: { state: 'running' } });
  });

  it('that the agent refuses is refused', async () => {
    const asking = rig.core.fleet.rollback('acme', { restore_database: false });
    const { request_id } = await peer.next('rollback');
    const error = { code: 'data-changed', message: 'data was written', hint: '`--restore-database`' };
    peer.send({ type: 'answer', request_id, upgrade: null, error });
    await expect(asking).rejects.toMatchObject({ code: 'data-changed', hint: '`--restore-database`' });
  });

  it('of a host that is away is not left for later', async () => {
    await goAway();
    await expect(rig.core.fleet.rollback('acme', { restore_database: false })).rejects.toMatchObject({
      code: 'offline',
    });
  });
});

describe('a plan', () => {
  it('is made by the agent, whose refusal is passed on', async () => {
    const planning = rig.core.fleet.plan('acme', body(), AbortSignal.timeout(10_000));
    const { request_id, request } = await peer.next('plan');
    expect(request).toMatchObject({ version: 'v0.2.0' });
    const error = { code: 'busy', message: 'acme has an upgrade already', hint: null };
    peer.send({ type: 'plan_result', request_id, plan: null, error });
    await expect(planning).rejects.toMatchObject({ code: 'busy' });
  });

  it('is given up when its host goes', async () => {
    const planning = rig.core.fleet.plan('acme', body(), AbortSignal.timeout(10_000));
    await peer.next('plan');
    await peer.vanish();
    await expect(planning).rejects.toMatchObject({ code: 'offline' });
  });
});

it('a story is told to whoever comes, from where they were, to its end', async () => {
  const { id } = await ask();
  const following = (async () => {
    const seqs: number[] = [];
    for await (const { seq } of rig.core.fleet.followStory(id, 2, AbortSignal.timeout(10_000))) seqs.push(seq);
    return seqs;
  })();
  await tellAll(id);
  expect(await following).toEqual([3, 4, 5, 6, 7, 8]);
  const all: number[] = [];
  for await (const { seq } of rig.core.fleet.readStory(id, 999)) all.push(seq);
  expect(all).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
