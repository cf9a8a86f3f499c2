// Every kind of event and every stream × scope. Both come from their tables: one without an expectation fails here.
import { expect, it } from 'vitest';
import { hashToken } from '../../../../../controller/auth/token.js';
import { routes } from '../../../../../controller/http/routes.js';
import { webhookEventKinds, type WebhookEventKind } from '../../../../../shared/model/webhook_events.js';
import type { EventBody } from '../../../../../shared/model/journal/events.js';
import { createArrange } from '../../../../../controller/rollout/start/arrange.js';
import { rolloutSettingsSchema, type RolloutState } from '../../../../../shared/model/rollout.js';
import { parseSelection } from '../../../../../shared/selection/parse_selection.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { tester } from '../../../../helpers/controller/controller_rig.js';
import { makeReport, reportedTenant } from '../../../../helpers/controller/protocol_peer.js';
import { beginOf, finishOf, stampEvents } from '../../../../helpers/controller/stored_streams.js';
import { expectedEvents, expectedStreams } from './expected.js';
import { makeWorld, otherScope, ownScope, type World } from './world.js';

const at = '2026-01-02T00:00:00.000Z';
const entry = { ...tester, at, action: 'test', tenant: null, host: null, target: null };

interface About {
  tenant: string;
  host: string;
}

/** An upgrade that begins, and ends so that it needs an operator. */
async function upgrade({ rig }: World, { tenant, host }: About): Promise<void> {
  const id = makeId();
  const stream = await rig.core.store.openStream({ upgrade: id, host, onStored: () => undefined });
  const failure = { step: null, code: 'internal', message: 'no', output_tail: '', needs_operator: true } as const;
  const finish: EventBody = {
    type: 'finish',
    status: 'rolled_back',
    current_version: null,
    hold: 'undo-failed',
    failure,
  };
  const events = stampEvents([beginOf(id, tenant, host), finish]);
  for (const event of events) await stream.add({ event });
}

/** A rollout over the tenant, which becomes that. */
const rollout =
  (state: RolloutState) =>
  async ({ rig }: World, { tenant }: About): Promise<string> => {
    const { rollouts } = rig.core.store;
    const settings = rolloutSettingsSchema.parse({ pause_after_canary: true });
    const where = `slug=${tenant}`;
    const [version, commit] = ['v9.0.0', 'c'.repeat(40)];
    const asked = { where, selection: parseSelection(where), scope: null, plan: null, approved: null, settings, at };
    const arrange = createArrange({ version, settings, approved: null });
    const options = { arrange, isConnected: () => false, key: null, actor: tester };
    const { id } = await rollouts.start({ id: makeId(), version, commit, ...asked }, options);
    const change = { actor: tester, action: 'test', at, scope: null };
    if (state !== 'running') await rollouts.change(id, () => ({ state, why: tenant }), change);
    return id;
  };

const causes: Record<WebhookEventKind, (world: World, about: About) => Promise<unknown>> = {
  'upgrade.began': upgrade,
  'upgrade.ended': upgrade,
  'upgrade.needs_operator': upgrade,
  'tenant.drift': ({ rig }, { tenant, host }) =>
    rig.core.store.hosts.report(host, makeReport([reportedTenant(tenant, { drift: `moved ${makeId()}` })]), at),
  'host.connected': ({ rig }, { host }) => rig.core.store.hosts.noteConnected(host, at),
  async 'host.offline'({ rig }, { host }) {
    await rig.core.store.hosts.noteConnected(host, at);
    await rig.core.store.hosts.noteOffline(host, at);
  },
  'host.revoked': ({ rig }, { host }) => rig.core.store.joins.revokeHost(host, { ...entry, host }),
  'rollout.started': rollout('running'),
  'rollout.paused': rollout('paused'),
  'rollout.halted': rollout('halted'),
  'rollout.ended': rollout('aborted'),
};

/** What the webhook with this id is sent, in its order. */
async function takeAll({ rig }: World, webhook: string): Promise<string[]> {
  const { webhooks } = rig.core.store;
  const taken: string[] = [];
  for (;;) {
    const due = await webhooks.findFirst(webhook);
    if (due === null) return taken;
    taken.push(due.data);
    const { sequence, attempts } = due;
    await webhooks.noteAttempt({
      webhook,
      sequence,
      attempts,
      at,
      status: 200,
      error: null,
      outcome: { state: 'delivered' },
    });
  }
}

it('has an expectation for each kind of event and each stream, and for no other', () => {
  expect([...webhookEventKinds].toSorted()).toEqual(Object.keys(expectedEvents).toSorted());
  const streams = routes.filter(({ isStream }) => isStream).map(({ method, path }) => `${method} ${path}`);
  expect(streams).toEqual(Object.keys(expectedStreams));
});

/** What happens to a tenant that the scope `own` sees, and to one that it does not, with webhooks of three scopes. */
async function happen(kind: WebhookEventKind): Promise<World> {
  const world = await makeWorld();
  const { store, joining } = world.rig.core;
  const { token } = await joining.makeToken({ hosts: null, uses: 9, expires_in_s: 3600 }, tester);
  await store.joins.enroll({ tokenHash: hashToken(token), host: 'hidden-host', key: 'other', address: '', at });
  const scopes = { all: null, own: ownScope, other: otherScope };
  for (const [name, scope] of Object.entries(scopes)) {
    const webhook = { id: name, name, url: 'https://127.0.0.1:9/', secret: 'x', events: [kind], scope };
    await store.webhooks.add({ ...webhook, created_at: at, created_by: null }, entry);
  }
  const own = { tenant: 'acme', host: 'h1' };
  const hidden = { tenant: 'hidden-two', host: 'hidden-host' };
  for (const about of [hidden, own]) await causes[kind](world, about);
  return world;
}

it.each(webhookEventKinds.filter((kind) => expectedEvents[kind] === 'fleet'))(
  'a webhook with a scope is not told %s, which is about the fleet',
  async (kind) => {
    const world = await happen(kind);
    expect(await takeAll(world, 'all')).toHaveLength(2);
    expect(await takeAll(world, 'own')).toEqual([]);
    expect(await takeAll(world, 'other')).toEqual([]);
  },
);

it.each(webhookEventKinds.filter((kind) => expectedEvents[kind] !== 'fleet'))(
  'a webhook with a scope is told %s of what it sees, and of nothing else',
  async (kind) => {
    const world = await happen(kind);
    const all = await takeAll(world, 'all');
    const named = expectedEvents[kind] === 'tenant' ? 'acme' : 'h1';
    const isOwn = (data: string) => data.includes(`"${named}"`) && data.includes('"h1"');
    expect(all.filter(isOwn).length).toBeGreaterThan(0);
    expect(all.join()).toContain('hidden');
    const told = await takeAll(world, 'own');
    expect(told).toEqual(all.filter(isOwn));
    expect(told.join()).not.toContain('hidden');
    expect(await takeAll(world, 'other')).toEqual([]);
  },
);

it('a webhook with a scope is told nothing of its tenant by a host that it does not see', async () => {
  const world = await makeWorld();
  const webhook = { id: 'own', name: 'own', url: 'https://127.0.0.1:9/', secret: 'x', scope: ownScope };
  await world.rig.core.store.webhooks.add(
    { ...webhook, events: [...webhookEventKinds], created_at: at, created_by: null },
    entry,
  );
  const { store } = world.rig.core;
  const stream = await store.openStream({
    upgrade: world.former,
    host: 'hidden-former-host',
    onStored: () => undefined,
  });
  const [again, end] = stampEvents(
    [{ type: 'rollback', id: makeId(), restore_database: false }, finishOf('rolled_back')],
    7,
  );
  for (const event of [again, end]) if (event !== undefined) await stream.add({ event });
  expect(await takeAll(world, 'own')).toEqual([]);
});

const streamsOf = (what: string) => Object.keys(expectedStreams).filter((route) => expectedStreams[route] === what);

it.each(streamsOf('rollout'))('%s ends once who follows it sees none of its tenants', async (route) => {
  const world = await makeWorld();
  const { store, notifier } = world.rig.core;
  const change = { at, actor: tester };
  await store.slugs.label('acme', { set: { ring: 'own' }, remove: [] }, change);
  const token = await world.makeToken('viewer', 'ring=own');
  const id = await rollout('running')(world, { tenant: 'acme', host: 'h1' });
  const path = route.replace('GET ', '').replace(':id', id);
  const following = await world.ask(path, { token });
  expect(following.status).toBe(200);
  const body = following.text().catch((error: unknown) => String(error));
  await store.slugs.label('acme', { set: {}, remove: ['ring'] }, change);
  notifier.notify('rollouts');
  expect(await body).not.toContain('event: end');
  expect((await world.ask(path, { token })).status).toBe(404);
});

it.each(streamsOf('upgrade'))(
  '%s ends once an admin takes the tenant out of the scope of who follows it',
  async (route) => {
    const world = await makeWorld();
    const { store, fleetFor } = world.rig.core;
    const change = { at, actor: tester };
    await store.slugs.label('acme', { set: { ring: 'own' }, remove: [] }, change);
    const token = await world.makeToken('viewer', 'ring=own');
    const { items } = await fleetFor({ scope: null, actor: tester }).listUpgrades({
      limit: 9,
      tenant: 'acme',
      status: 'queued',
    });
    const id = items[0]?.id ?? '';
    const following = await world.ask(route.replace('GET ', '').replace(':id', id), { token });
    const body = following.text().catch((error: unknown) => String(error));
    await store.slugs.label('acme', { set: {}, remove: ['ring'] }, change);
    const stream = await store.openStream({
      upgrade: id,
      host: 'h1',
      onStored: () => world.rig.core.notifier.notify(id),
    });
    for (const event of stampEvents([beginOf(id, 'acme', 'h1'), finishOf()])) await stream.add({ event });
    expect(await body).not.toContain('begin');
    expect((await world.ask(`/api/v1/upgrades/${id}`, { token })).status).toBe(404);
  },
);
