// What is asked of an upgrade or a tenant besides an upgrade: where it is, a cancel, a rollback, a plan, its stream.
import { describe, expect, it, onTestFinished } from 'vitest';
import { planBodySchema } from '../../../../shared/wire/api.js';
import { toAppError } from '../../../../shared/errors.js';
import { parseScope } from '../../../../shared/selection/parse_selection.js';
import { makeId } from '../../../../shared/os/ids.js';
import { startRig, tester } from '../../../helpers/controller/controller_rig.js';
import { connectPeer } from '../../../helpers/controller/protocol_peer.js';
import { useOneHost } from './one_host.js';

const host = useOneHost();
const planBody = planBodySchema.parse({ version: 'v0.2.0' });

describe('where an upgrade is', () => {
  it('is running while its host is there, and lost from sight while it is not', async () => {
    const { id } = await host.ask();
    await host.send(id, 3);
    expect(await host.look(id)).toEqual({ status: 'running', state: 'running' });
    await host.goAway();
    expect(await host.look(id)).toEqual({ status: 'running', state: 'unreachable' });
  });
});

describe('a cancel', () => {
  it('of an upgrade that never left is done at once', async () => {
    await host.goAway();
    const { id } = await host.ask();
    expect(await host.rig.fleet.cancel(id, { force: false })).toMatchObject({
      status: 'cancelled',
      delivery: { state: 'ended' },
    });
    await host.connect();
    expect(host.peer.received.filter(({ type }) => type === 'upgrade')).toEqual([]);
  });

  it('of one that its host does not know cancels it for good', async () => {
    const { id } = await host.ask();
    const cancelling = host.rig.fleet.cancel(id, { force: false });
    const { request_id } = await host.peer.next('cancel');
    host.peer.send({ type: 'answer', request_id, upgrade: null, error: null });
    expect(await cancelling).toMatchObject({ status: 'cancelled', delivery: { state: 'ended' } });
  });

  it('goes to a host that is away as soon as it is back, and the upgrade is not offered before it', async () => {
    const { id } = await host.ask();
    await host.peer.next('upgrade');
    await host.goAway();
    expect(await host.rig.fleet.cancel(id, { force: true })).toMatchObject({ delivery: { state: 'cancelling' } });
    await host.connect();
    const cancel = await host.peer.next('cancel');
    expect(cancel).toMatchObject({ id, force: true });
    expect(host.peer.received.filter(({ type }) => type === 'upgrade')).toEqual([]);
    host.peer.send({ type: 'answer', request_id: cancel.request_id, upgrade: null, error: null });
    const ended = await host.rig.fleet.waitForUpgrade(id, AbortSignal.timeout(10_000));
    expect(ended.status).toBe('cancelled');
  });

  it('that the agent cannot follow says why', async () => {
    const { id } = await host.ask();
    await host.send(id, 3);
    const cancelling = host.rig.fleet.cancel(id, { force: false });
    const { request_id } = await host.peer.next('cancel');
    const error = { code: 'not-cancellable', message: 'past its commit point', hint: null };
    host.peer.send({ type: 'answer', request_id, upgrade: null, error });
    await expect(cancelling).rejects.toMatchObject({ code: 'not-cancellable', message: 'past its commit point' });
    expect((await host.look(id)).state).toBe('running');
  });

  it('of one that has ended is refused', async () => {
    const { id } = await host.ask();
    await host.send(id);
    await expect(host.rig.fleet.cancel(id, { force: false })).rejects.toMatchObject({ code: 'nothing-to-do' });
  });
});

describe('a rollback', () => {
  it('ends with the upgrade that it turns back, which is under way again', async () => {
    const { id } = await host.ask();
    await host.send(id);
    const asking = host.rig.fleet.rollback('acme', { restore_database: true });
    const order = await host.peer.next('rollback');
    expect(order).toMatchObject({ tenant: 'acme', restore_database: true });
    host.peer.send({ type: 'answer', request_id: order.request_id, upgrade: id, error: null });
    host.peer.send({ type: 'streams', streams: [{ upgrade: id, events: 7 }] });
    await expect(host.peer.next('stored')).resolves.toMatchObject({ streams: [{ upgrade: id, events: 6 }] });
    const at = new Date().toISOString();
    const event = { n: 7, at, type: 'rollback' as const, id: order.id, restore_database: true };
    host.peer.send({ type: 'stream', upgrade: id, item: { event } });
    // Not before: who follows it now must not see its first end.
    expect(await asking).toMatchObject({ id, status: 'running', delivery: { state: 'running' } });
  });

  it('that the agent refuses is refused', async () => {
    const asking = host.rig.fleet.rollback('acme', { restore_database: false });
    const { request_id } = await host.peer.next('rollback');
    const error = { code: 'data-changed', message: 'data was written', hint: '`--restore-database`' };
    host.peer.send({ type: 'answer', request_id, upgrade: null, error });
    await expect(asking).rejects.toMatchObject({ code: 'data-changed', hint: '`--restore-database`' });
  });

  it('that ends with an error is in the log of the process as it is in the audit log, once', async () => {
    const asking = host.rig.fleet.rollback('acme', { restore_database: false });
    const { request_id } = await host.peer.next('rollback');
    host.peer.send({ type: 'answer', request_id, upgrade: null, error: { code: 'busy', message: 'no', hint: null } });
    await expect(asking).rejects.toMatchObject({ code: 'busy' });
    const changes = host.rig.log.lines.filter(({ message }) => message === 'a change').map(({ fields }) => fields);
    const rollback = { action: 'rollback', tenant: 'acme', host: 'h1', by: tester.name };
    expect(changes.filter((change) => 'tenant' in change && change.tenant === 'acme')).toMatchObject([rollback]);
  });

  it('that is asked for again with its key is waited for, though its host is away for the moment', async () => {
    const rollBack = () => host.rig.fleet.rollback('acme', { restore_database: false }, 'key').catch(toAppError);
    const asking = rollBack();
    const order = await host.peer.next('rollback');
    await host.goAway();
    const again = rollBack();
    await host.connect();
    expect((await host.peer.next('rollback')).id).toBe(order.id);
    const error = { code: 'nothing-to-do', message: 'nothing to turn back', hint: null };
    host.peer.send({ type: 'answer', request_id: order.request_id, upgrade: null, error });
    expect([await asking, await again]).toMatchObject([{ code: 'nothing-to-do' }, { code: 'nothing-to-do' }]);
  });

  it('whose key is given again for a tenant that is no longer in the scope says nothing of it', async () => {
    const asking = host.rig.fleet.rollback('acme', { restore_database: false }, 'key').catch(toAppError);
    const order = await host.peer.next('rollback');
    const error = { code: 'data-changed', message: 'data of acme was written', hint: null };
    host.peer.send({ type: 'answer', request_id: order.request_id, upgrade: null, error });
    expect(await asking).toMatchObject({ code: 'data-changed' });
    const scoped = host.rig.core.fleetFor({ scope: parseScope('slug=other'), actor: tester });
    const again = await scoped.rollback('acme', { restore_database: false }, 'key').catch(toAppError);
    expect(again).toMatchObject({ code: 'unknown-tenant' });
  });

  it('of a host that is away is not left for later', async () => {
    await host.goAway();
    await expect(host.rig.fleet.rollback('acme', { restore_database: false })).rejects.toMatchObject({
      code: 'offline',
    });
  });
});

describe('a plan', () => {
  it('is made by the agent, whose refusal is passed on', async () => {
    const planning = host.rig.fleet.plan('acme', planBody, AbortSignal.timeout(10_000));
    const { request_id, request } = await host.peer.next('plan');
    expect(request).toMatchObject({ version: 'v0.2.0' });
    const error = { code: 'busy', message: 'acme has an upgrade already', hint: null };
    host.peer.send({ type: 'plan_result', request_id, plan: null, error });
    await expect(planning).rejects.toMatchObject({ code: 'busy' });
  });

  it('is given up when its host goes', async () => {
    const planning = host.rig.fleet.plan('acme', planBody, AbortSignal.timeout(10_000));
    await host.peer.next('plan');
    await host.peer.vanish();
    await expect(planning).rejects.toMatchObject({ code: 'offline' });
  });

  it('is given up when its host comes back over another connection, for this one was dead', async () => {
    const rig = await startRig({ limits: { proofMs: 50 } });
    onTestFinished(() => rig.close());
    const dead = await connectPeer({ ...rig, host: 'h2', tenants: ['other'] });
    dead.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
    await dead.next('stored');
    const planning = rig.fleet.plan('other', planBody, AbortSignal.timeout(10_000));
    await dead.next('plan');
    dead.socket.pause();
    const [refusal] = await Promise.all([planning.catch(toAppError), connectPeer({ ...rig, host: 'h2' })]);
    expect(refusal).toMatchObject({ code: 'offline' });
    dead.socket.terminate();
  });
});

it('a stream is sent to whoever comes, from where they were, to its end', async () => {
  const { id } = await host.ask();
  const following = (async () => {
    const seqs: number[] = [];
    for await (const { seq } of host.rig.fleet.followStream(id, 2, AbortSignal.timeout(10_000))) seqs.push(seq);
    return seqs;
  })();
  await host.send(id);
  expect(await following).toEqual([3, 4, 5, 6, 7, 8]);
  const all: number[] = [];
  for await (const { seq } of host.rig.fleet.readStream(id, 999)) all.push(seq);
  expect(all).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
