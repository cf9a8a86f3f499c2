// Orders: stored once, offered until the host's journal answers, expired; and where an upgrade is meanwhile.
import { describe, expect, it } from 'vitest';
import { createFleet } from '../../../../controller/fleet/create_fleet.js';
import { createDelivery } from '../../../../controller/fleet/deliver.js';
import { endExpired } from '../../../../controller/fleet/housekeeping.js';
import { createNotifier } from '../../../../shared/os/notifier.js';
import type { AgentConnections } from '../../../../controller/fleet/agent_connections.js';
import { upgradeBodySchema } from '../../../../shared/wire/api.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeId } from '../../../../shared/os/ids.js';
import type { ControllerFrame } from '../../../../shared/wire/protocol.js';
import { connectPeer, makeReport, reportedTenant, decodeFrame } from '../../../helpers/controller/protocol_peer.js';
import { tester } from '../../../helpers/controller/controller_rig.js';
import { useOneHost } from './one_host.js';

const host = useOneHost();

describe('an order', () => {
  it('is offered at once, and ends with the first event of the journal', async () => {
    const { id, delivery } = await host.ask({ force: true, commit: 'a'.repeat(40) });
    expect(delivery).toMatchObject({ state: 'pending', ordered: true });
    const offer = await host.peer.next('upgrade');
    expect(offer).toMatchObject({
      id,
      tenant: 'acme',
      request: { version: 'v0.2.0', force: true, allow_downgrade: false, commit: 'a'.repeat(40) },
    });
    expect(offer.start_within_ms).toBeGreaterThan(3_590_000);
    await host.send(id);
    expect(await host.look(id)).toEqual({ status: 'success', state: 'ended' });
    await host.goAway();
    await host.connect();
    expect(host.peer.received.filter(({ type }) => type === 'upgrade')).toEqual([]);
  });

  it('is offered again after every connect until then', async () => {
    const { id } = await host.ask();
    for (let times = 0; times < 3; times += 1) {
      await expect(host.peer.next('upgrade')).resolves.toMatchObject({ id });
      host.peer.send({ type: 'answer', request_id: id, upgrade: id, error: null });
      await host.settled();
      await host.goAway();
      // The answer was taken in; that it is stored may follow.
      await expect.poll(() => host.look(id)).toEqual({ status: 'queued', state: 'unreachable' });
      await host.connect();
      // What it said over an earlier connection may be over.
      expect((await host.look(id)).state).toBe('pending');
      for (const state of ['queued', 'checking'] as const) {
        host.peer.send({ type: 'state', upgrade: id, state });
        await host.settled();
        expect((await host.look(id)).state).toBe(state);
      }
    }
    await host.peer.next('upgrade');
    await host.send(id);
    expect((await host.look(id)).state).toBe('ended');
  });

  it('of a host that is away waits for it', async () => {
    await host.goAway();
    const { id } = await host.ask();
    expect(await host.look(id)).toEqual({ status: 'queued', state: 'offline' });
    await host.connect();
    await expect(host.peer.next('upgrade')).resolves.toMatchObject({ id });
    expect((await host.look(id)).state).toBe('pending');
  });

  it('of a host that comes while it is being stored is offered to it', async () => {
    const { store } = host.rig.core;
    const sent: ControllerFrame[] = [];
    let isThere = false;
    const connections: AgentConnections = {
      isConnected: () => isThere,
      stateOf: () => null,
      send: (_host, frame) => sent.push(decodeFrame(frame)) > 0,
      request: () => Promise.reject(new Error('nothing is requested')),
    };
    const delivery = createDelivery({ store, connections, clock: systemClock });
    const parts = { store, connections, delivery, notifier: createNotifier(), clock: systemClock, makeId };
    const asking = createFleet(parts)({ scope: null, actor: tester }).upgrade(
      'acme',
      upgradeBodySchema.parse({ version: 'v0.2.0' }),
    );
    isThere = true;
    const { id } = await asking;
    expect(sent).toMatchObject([{ type: 'upgrade', id }]);
    expect((await store.orders.find(id))?.offered_at).not.toBeNull();
  });

  it('survives the controller', async () => {
    await host.goAway();
    const { id } = await host.ask();
    await host.restart();
    await host.connect();
    await expect(host.peer.next('upgrade')).resolves.toMatchObject({ id });
  });

  it('that the agent refuses ends with what it said', async () => {
    const { id } = await host.ask({ allow_downgrade: true });
    await host.peer.next('upgrade');
    const error = {
      code: 'not-allowed-remotely',
      message: 'no downgrades from afar',
      hint: 'allow_remote: [downgrade]',
    };
    host.peer.send({ type: 'answer', request_id: id, upgrade: null, error });
    const ended = await host.rig.fleet.waitForUpgrade(id, AbortSignal.timeout(10_000));
    expect(ended).toMatchObject({
      status: 'refused',
      failure: { code: 'not-allowed-remotely', message: 'no downgrades from afar', hint: 'allow_remote: [downgrade]' },
      delivery: { state: 'ended' },
    });
  });

  it('stays where the agent refuses to cancel it, and says why', async () => {
    const { id } = await host.ask();
    await host.peer.next('upgrade');
    const cancelling = host.rig.fleet.cancel(id, { force: false }).catch((error: unknown) => error);
    const { request_id } = await host.peer.next('cancel');
    const error = { code: 'io', message: 'the disk takes nothing', hint: null };
    host.peer.send({ type: 'answer', request_id, upgrade: null, error });
    expect(await cancelling).toMatchObject({ code: 'io', message: 'the disk takes nothing' });
    expect((await host.look(id)).status).toBe('queued');
  });

  it('for a tenant that has one already is refused, naming it', async () => {
    const { id } = await host.ask();
    await expect(host.ask()).rejects.toMatchObject({ code: 'busy', message: expect.stringContaining(id) });
  });

  it('is one order however often it is asked for with one key', async () => {
    const asked = await Promise.all(Array.from({ length: 100 }, () => host.ask({}, 'key-1')));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    await expect(host.ask({ force: true }, 'key-1')).rejects.toMatchObject({ code: 'key-reused' });
  });

  it('for an unknown tenant is refused', async () => {
    await expect(host.rig.fleet.upgrade('nobody', upgradeBodySchema.parse({}))).rejects.toMatchObject({
      code: 'unknown-tenant',
    });
  });

  it('whose time is over before its host came ends as refused', async () => {
    await host.goAway();
    const { id } = await host.ask({ start_within_s: 1 });
    const clock = { ...systemClock, now: () => new Date(Date.now() + 2000) };
    await endExpired({ store: host.rig.core.store, notifier: createNotifier(), clock });
    expect(await host.rig.fleet.findUpgrade(id)).toMatchObject({
      status: 'refused',
      failure: { code: 'expired' },
    });
    await host.connect();
    expect(host.peer.received.filter(({ type }) => type === 'upgrade')).toEqual([]);
  });

  it('whose time is over after it may have reached its host is for that to answer', async () => {
    const { id } = await host.ask({ start_within_s: 1 });
    await host.peer.next('upgrade');
    await host.goAway();
    const clock = { ...systemClock, now: () => new Date(Date.now() + 2000) };
    await endExpired({ store: host.rig.core.store, notifier: createNotifier(), clock });
    expect(await host.look(id)).toEqual({ status: 'queued', state: 'offline' });
    await host.connect();
    expect(await host.peer.next('upgrade')).toMatchObject({ id });
  });
});

describe('a tenant', () => {
  it('that two hosts report is a problem of the tenant and of both hosts, until one no longer does', async () => {
    const other = await connectPeer({ ...host.rig, host: 'h2', tenants: ['acme', 'beta'] });
    const { fleet } = host.rig;
    const problems = async () => ({
      tenant: (await fleet.findTenant('acme')).problems.map(({ message }) => message),
      holder: (await fleet.findHost('h1')).problems.map(({ message }) => message),
      claimant: (await fleet.findHost('h2')).problems.map(({ message }) => message),
    });
    await expect.poll(problems).toEqual({
      tenant: ['h2 reports it too; it stays with h1'],
      holder: ['another host reports tenants of it too: acme (h2)'],
      claimant: ['it reports tenants that stay with another host: acme (h1)'],
    });
    expect(await fleet.findTenant('beta')).toMatchObject({ host: 'h2', problems: [] });
    other.send(makeReport([reportedTenant('beta')]));
    await expect.poll(problems).toEqual({ tenant: [], holder: [], claimant: [] });
    await other.vanish();
  });

  it('whose agent stopped right after its upgrade is as that upgrade left it, not under way', async () => {
    const { id } = await host.ask();
    await host.peer.next('upgrade');
    host.peer.send(makeReport([reportedTenant('acme', { state: 'running' })]));
    await host.settled();
    const { fleet } = host.rig;
    await host.send(id, 3);
    expect(await fleet.findTenant('acme')).toMatchObject({ state: 'running', upgrade: id });
    await host.goAway();
    expect(await host.look(id)).toEqual({ status: 'running', state: 'unreachable' });
    await host.connect();
    host.peer.send(makeReport([reportedTenant('acme', { state: 'running' })]));
    await host.send(id, undefined, 3);
    await host.goAway();
    expect(await host.look(id)).toEqual({ status: 'success', state: 'ended' });
    expect(await fleet.findTenant('acme')).toMatchObject({
      host_state: 'offline',
      state: 'idle',
      version: 'v0.2.0',
      upgrade: null,
    });
  });
});
