// What a host says about the requests and orders of another one changes nothing: the host that was asked has the word.
import { beforeEach, describe, expect, it } from 'vitest';
import { planBodySchema, upgradeBodySchema } from '../../../../shared/wire/api.js';
import { makeId } from '../../../../shared/os/ids.js';
import type { AgentFrameOf } from '../../../../shared/wire/protocol.js';
import { connectPeer, type ProtocolPeer } from '../../../helpers/controller/protocol_peer.js';
import { beginOf, frameOf, stampEvents } from '../../../helpers/controller/stored_streams.js';
import { useOneHost } from './one_host.js';

const host = useOneHost();
let other: ProtocolPeer;

beforeEach(async () => {
  other = await connectPeer({ ...host.rig, host: 'h2', tenants: ['bmce'] });
  await settle(other);
});

/** Returns once all that the peer has said was taken in, and what came of it is stored. */
async function settle(peer: ProtocolPeer): Promise<void> {
  peer.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
  await peer.next('stored');
  // A write that changes nothing is behind all others.
  await host.rig.core.store.hosts.disconnect('nobody', '');
}

const answer = (requestId: string, words: Partial<AgentFrameOf<'answer'>> = {}) =>
  ({ type: 'answer', request_id: requestId, upgrade: null, error: null, ...words }) as const;
const refusal = (message: string) => ({ code: 'busy', message, hint: null });

describe('an answer of another host', () => {
  it('to an upgrade neither accepts nor refuses it, and that of its own host does', async () => {
    const { id } = await host.ask();
    await host.peer.next('upgrade');
    const before = await host.rig.core.store.orders.find(id);
    other.send(answer(id, { upgrade: id }));
    other.send(answer(id, { error: refusal('foreign') }));
    other.send(answer(id, { error: { code: 'cancelled', message: 'foreign', hint: null } }));
    await settle(other);
    expect(await host.rig.core.store.orders.find(id)).toEqual(before);
    expect(await host.look(id)).toEqual({ status: 'queued', state: 'pending' });
    host.peer.send(answer(id, { upgrade: id }));
    await settle(host.peer);
    expect((await host.rig.core.store.orders.find(id))?.accepted_at).not.toBeNull();
    host.peer.send(answer(id, { error: refusal('own') }));
    const ended = await host.rig.fleet.waitForUpgrade(id, AbortSignal.timeout(10_000));
    expect(ended).toMatchObject({ status: 'refused', failure: { message: 'own' } });
  });

  it('to a plan is not taken for it, whatever its frame, and that of its own host is', async () => {
    const planning = host.rig.fleet.plan('acme', planBodySchema.parse({}), AbortSignal.timeout(10_000));
    const outcome = planning.catch((error: unknown) => error);
    const { request_id } = await host.peer.next('plan');
    other.send({ type: 'plan_result', request_id, plan: null, error: refusal('foreign') });
    other.send(answer(request_id, { error: refusal('foreign') }));
    await settle(other);
    host.peer.send({ type: 'plan_result', request_id, plan: null, error: refusal('own') });
    expect(await outcome).toMatchObject({ code: 'busy', message: 'own' });
  });

  it('to a cancel does not cancel the upgrade, and that of its own host does', async () => {
    const { id } = await host.ask();
    await host.peer.next('upgrade');
    const cancelling = host.rig.fleet.cancel(id, { force: false });
    const { request_id } = await host.peer.next('cancel');
    other.send(answer(request_id));
    other.send(answer(request_id, { upgrade: id, error: refusal('foreign') }));
    await settle(other);
    expect(await host.look(id)).toEqual({ status: 'queued', state: 'cancelling' });
    host.peer.send(answer(request_id));
    expect(await cancelling).toMatchObject({ status: 'cancelled' });
  });
});

describe('a stream of another host', () => {
  it.each([
    ['an event `rollback` that names the order', (id: string) => streamWithRollback(id)],
    ['the id of the order as its own', (id: string) => ({ id, events: stampEvents([beginOf(id, 'bmce', 'h2')]) })],
  ])('with %s is no answer to a rollback, and that of its own host is', async (_what, makeIt) => {
    const { id } = await host.ask();
    await host.send(id);
    const asking = host.rig.fleet.rollback('acme', { restore_database: false });
    const outcome = asking.catch((error: unknown) => error);
    const order = await host.peer.next('rollback');
    const foreign = makeIt(order.id);
    other.send({ type: 'streams', streams: [{ upgrade: foreign.id, events: foreign.events.length }] });
    await other.next('stored');
    for (const event of foreign.events) other.send(frameOf(foreign.id, { event }));
    await settle(other);
    expect(await host.rig.core.store.upgrades.find(foreign.id)).toMatchObject({
      host: 'h2',
      events: foreign.events.length,
    });
    expect(await host.rig.core.store.orders.find(order.id)).toMatchObject({ ended_at: null, upgrade: null });
    host.peer.send(answer(order.request_id, { error: refusal('own') }));
    expect(await outcome).toMatchObject({ code: 'busy', message: 'own' });
  });
});

function streamWithRollback(order: string) {
  const id = makeId();
  const rollback = { type: 'rollback', id: order, restore_database: false } as const;
  return { id, events: stampEvents([beginOf(id, 'bmce', 'h2'), rollback]) };
}

it('an upgrade that another host has begun of a tenant does not keep the tenant from upgrades on its own host', async () => {
  const foreign = makeId();
  other.send({ type: 'streams', streams: [{ upgrade: foreign, events: 1 }] });
  await other.next('stored');
  // No host has reported the tenant yet.
  for (const event of stampEvents([beginOf(foreign, 'later', 'h2')])) other.send(frameOf(foreign, { event }));
  await settle(other);
  expect((await host.look(foreign)).status).toBe('running');
  const own = await connectPeer({ ...host.rig, host: 'h3', tenants: ['later'] });
  await settle(own);
  expect((await host.rig.fleet.findTenant('later')).upgrade).toBeNull();
  const { id } = await host.rig.fleet.upgrade('later', upgradeBodySchema.parse({}));
  expect((await own.next('upgrade')).id).toBe(id);
  expect((await host.rig.fleet.findTenant('later')).upgrade).toBe(id);
  await own.vanish();
});
