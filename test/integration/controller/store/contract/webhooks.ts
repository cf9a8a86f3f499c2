// What every store promises of webhooks: which events are queued, in which order, and how deliveries end.
import { describe, expect, it } from 'vitest';
import { controllerLimits } from '../../../../../controller/limits.js';
import { AppError } from '../../../../../shared/errors.js';
import { webhookDataSchemas, type WebhookEventKind } from '../../../../../shared/model/webhook_events.js';
import { refusalFailure } from '../../../../../shared/model/result.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { makeReport, reportedTenant } from '../../../../helpers/controller/protocol_peer.js';
import { finishOf, makeStream, stampEvents } from '../../../../helpers/controller/stored_streams.js';
import { now, upgradeOrder, type OpenedStore } from './use_store.js';
import { attempt, entry, later, useWebhooks } from './use_webhooks.js';

/** The data, in which nothing is but what is described. */
function parseWhole(kind: WebhookEventKind, text: string): unknown {
  const data: unknown = JSON.parse(text);
  expect(webhookDataSchemas[kind].parse(data)).toEqual(data);
  return data;
}

/** Holds an adapter against this part of the contract. */
export function describeWebhooks(name: string, open: () => Promise<OpenedStore>): void {
  const { opened, addWebhook, listAll } = useWebhooks(open);

  const kindsOf = async (of = 'chat') => (await listAll(of)).map(({ kind }) => kind);
  async function readData(id: string, kind: WebhookEventKind): Promise<unknown> {
    for (let first = await opened.store.webhooks.findFirst(id); first !== null; ) {
      if (first.kind === kind) return parseWhole(kind, first.data);
      await opened.store.webhooks.noteAttempt(attempt(id, first.sequence));
      first = await opened.store.webhooks.findFirst(id);
    }
    return null;
  }

  describe(`webhooks in ${name}`, () => {
    it('have a name of their own, are listed without their secret, and are gone with their log once removed', async () => {
      const id = await addWebhook('chat', { scope: 'host=h1', events: ['host.offline'] });
      await expect(addWebhook()).rejects.toMatchObject({ code: 'busy' });
      const [listed] = await opened.store.webhooks.list();
      expect(listed).toMatchObject({
        name: 'chat',
        scope: 'host=h1',
        events: ['host.offline'],
        sequence: 0,
        waiting: 0,
      });
      expect(JSON.stringify(listed)).not.toContain('whsec_');
      await opened.store.webhooks.addTest('chat', { until: later }, entry('webhooks.test'));
      expect(await opened.store.webhooks.remove('chat', entry('webhooks.remove'))).toBe(id);
      expect(await opened.store.webhooks.findFirst(id)).toBeNull();
      await expect(opened.store.webhooks.remove('chat', entry('x'))).rejects.toMatchObject({ code: 'not-found' });
      await expect(listAll()).rejects.toMatchObject({ code: 'not-found' });
      expect((await opened.store.readCounts()).deliveries['waiting'] ?? 0).toBe(0);
      const { items } = await opened.store.seenBy(null).listAudit({ limit: 9 });
      expect(items.map(({ action }) => action)).toEqual(['webhooks.remove', 'webhooks.test', 'webhooks.create']);
    });

    it('get another secret, beside which those before it are kept while they sign, and no more than a few of them', async () => {
      const id = await addWebhook();
      await addWebhook('other');
      const { max } = controllerLimits.oldSecrets;
      const rotate = (secret: string, until: string, at = now) =>
        opened.store.webhooks.rotate('chat', { secret, until }, { ...entry('webhooks.rotate'), at });
      for (let no = 1; no <= max; no += 1) {
        expect(await rotate(`whsec_${no}`, later)).toMatchObject({ id, name: 'chat', old_secret_until: later });
      }
      await expect(rotate('whsec_x', later)).rejects.toMatchObject({
        code: 'too-many',
        hint: `The first of them ends at ${later}; rotate then.`,
      });
      await opened.store.webhooks.addTest('chat', { until: later }, entry('webhooks.test'));
      const secrets = [Buffer.from('secret').toString('base64'), 1, 2, 3].map((secret) => `whsec_${secret}`);
      expect(await opened.store.webhooks.findFirst(id)).toMatchObject({
        secret: `whsec_${max}`,
        old_secrets: secrets.map((secret) => ({ secret, until: later })),
      });
      const end = '2026-01-03T00:00:00.000Z';
      await rotate('whsec_5', end, later);
      expect(await opened.store.webhooks.findFirst(id)).toMatchObject({
        secret: 'whsec_5',
        old_secrets: [{ secret: `whsec_${max}`, until: end }],
      });
      expect(await opened.store.webhooks.find('other')).toMatchObject({ old_secret_until: null });
      await expect(
        opened.store.webhooks.rotate('none', { secret: 'whsec_6', until: later }, entry('x')),
      ).rejects.toMatchObject({ code: 'not-found' });
      const { items } = await opened.store.seenBy(null).listAudit({ limit: 99 });
      expect(items.filter(({ action }) => action === 'webhooks.rotate')).toHaveLength(max + 1);
    });

    it('are limited in number', async () => {
      const { max } = controllerLimits.webhooks;
      for (let no = 0; no < max; no += 1) await addWebhook(`w${no}`);
      await expect(addWebhook('one-more')).rejects.toMatchObject({ code: 'too-many' });
    });

    it('are told of an upgrade that begins and ends, under one id at every endpoint', async () => {
      await opened.report('h1', 'acme');
      const [id] = [await addWebhook(), await addWebhook('other')];
      const upgrade = makeId();
      await opened.storeAll(upgrade, makeStream({ id: upgrade, tenant: 'acme', host: 'h1' }));
      expect(await kindsOf()).toEqual(['upgrade.began', 'upgrade.ended']);
      expect((await listAll()).map((one) => one.id)).toEqual((await listAll('other')).map((one) => one.id));
      expect((await listAll()).map(({ sequence, tenant, host }) => [sequence, tenant, host])).toEqual([
        [1, 'acme', 'h1'],
        [2, 'acme', 'h1'],
      ]);
      expect(await readData(id, 'upgrade.began')).toMatchObject({
        upgrade,
        tenant: 'acme',
        host: 'h1',
        what: 'upgrade',
        // By the clock of the host.
        at: '2026-01-01T00:00:01.000Z',
      });
      expect(await readData(id, 'upgrade.ended')).toMatchObject({
        status: 'success',
        current_version: 'v0.2.0',
        failure: null,
        at: '2026-01-01T00:00:06.000Z',
      });
    });

    it('are told that an upgrade goes on by a rollback or a resume, and not where its state is accepted', async () => {
      await opened.report('h1', 'acme');
      await addWebhook('chat', { events: ['upgrade.began'] });
      const [upgrade, config] = [makeId(), null];
      const stream = makeStream({ id: upgrade, tenant: 'acme', host: 'h1' });
      const more = stampEvents(
        [
          { type: 'rollback', id: makeId(), restore_database: false, config },
          finishOf('rolled_back'),
          { type: 'resume', accept: true, config },
          finishOf('rolled_back'),
          { type: 'resume', accept: false, config },
        ],
        stream.filter((item) => 'event' in item).length + 1,
      );
      await opened.storeAll(upgrade, [...stream, ...more.map((event) => ({ event }))]);
      const told: unknown[] = [];
      const id = (await opened.store.webhooks.list())[0]?.id ?? '';
      for (let due = await opened.store.webhooks.findFirst(id); due !== null; ) {
        told.push(webhookDataSchemas['upgrade.began'].parse(JSON.parse(due.data)).what);
        await opened.store.webhooks.noteAttempt(attempt(id, due.sequence));
        due = await opened.store.webhooks.findFirst(id);
      }
      expect(told).toEqual(['upgrade', 'rollback', 'resume']);
    });

    it('are told of one that needs an operator, and of one that never began', async () => {
      await opened.report('h1', 'acme', 'shop');
      const id = await addWebhook();
      const upgrade = makeId();
      const [begin] = makeStream({ id: upgrade, tenant: 'acme', host: 'h1' });
      const failure = { step: 'migrate' as const, code: 'command-failed', message: 'no', output_tail: 'psst' };
      const [, finish] = stampEvents([
        { type: 'line', text: '' },
        {
          type: 'finish',
          status: 'failed',
          current_version: null,
          services: 'down',
          hold: 'undo-failed',
          failure: { ...failure, needs_operator: true },
        },
      ]);
      if (begin === undefined || finish === undefined) throw new Error('a short stream');
      await opened.storeAll(upgrade, [begin, { event: finish }]);
      const never = makeId();
      await opened.add({ ...upgradeOrder(never), tenant: 'shop' });
      const refused = refusalFailure({ code: 'expired', message: 'h1 was offline', hint: null });
      await opened.store.orders.endUnbegun(never, { status: 'refused', at: now, failure: refused });
      expect(await kindsOf()).toEqual(['upgrade.began', 'upgrade.ended', 'upgrade.needs_operator', 'upgrade.ended']);
      const data = await readData(id, 'upgrade.needs_operator');
      expect(data).toMatchObject({ services: 'down', failure: { code: 'command-failed', needs_operator: true } });
      // What a command printed stays with the log.
      expect(JSON.stringify(data)).not.toContain('psst');
      expect(await readData(id, 'upgrade.ended')).toMatchObject({ upgrade: never, status: 'refused' });
    });

    it('are told of a host that connects and is offline once each, however often that is said', async () => {
      const id = await addWebhook();
      await opened.report('h1', 'acme');
      await opened.report('h1', 'acme');
      expect(await kindsOf()).toEqual([]);
      await opened.store.hosts.noteConnected('h1', now);
      await opened.store.hosts.noteConnected('h1', now);
      await opened.store.hosts.disconnect('h1', later);
      expect(await opened.store.hosts.listOnline()).toEqual(['h1']);
      await opened.store.hosts.noteOffline('h1', '2026-01-02T00:01:00.000Z');
      await opened.store.hosts.noteOffline('h1', later);
      expect(await opened.store.hosts.listOnline()).toEqual([]);
      await opened.store.hosts.noteConnected('h1', later);
      expect(await kindsOf()).toEqual(['host.connected', 'host.offline', 'host.connected']);
      expect(await readData(id, 'host.offline')).toEqual({ host: 'h1', seen_at: later });
    });

    it('are told that the key of a host was revoked, once, and nothing of a host without one', async () => {
      const id = await addWebhook('chat', { events: ['host.revoked'] });
      const { joins } = opened.store;
      const token = { id: 't', hash: 't', hosts: null, uses: 1, created_at: now, created_by: null, expires_at: later };
      await joins.addToken(token, entry('join-tokens.create'));
      await joins.enroll({ tokenHash: 't', host: 'h1', key: 'k', address: '', at: now });
      expect(await joins.revokeHost('h1', entry('hosts.revoke'))).toMatchObject({ state: 'revoked' });
      for (const host of ['h1', 'h2']) await expect(joins.revokeHost(host, entry('x'))).rejects.toThrow(AppError);
      expect((await listAll()).map(({ kind, host, tenant }) => [kind, host, tenant])).toEqual([
        ['host.revoked', 'h1', null],
      ]);
      expect(await readData(id, 'host.revoked')).toEqual({ host: 'h1' });
    });

    it('are told of drift when it comes and when it goes, and not by a host that does not have the tenant', async () => {
      const id = await addWebhook('chat', { events: ['tenant.drift'] });
      await opened.report('h1', 'acme');
      await opened.report('h0', 'acme');
      const drifted = makeReport([reportedTenant('acme', { drift: 'abc, not def' })]);
      await opened.store.hosts.report('h1', drifted, now);
      await opened.store.hosts.report('h1', drifted, now);
      await opened.store.hosts.report('h0', drifted, now);
      await opened.store.hosts.report('h1', makeReport([reportedTenant('acme')]), now);
      expect((await listAll()).map(({ host }) => host)).toEqual(['h1', 'h1']);
      expect(await readData(id, 'tenant.drift')).toMatchObject({ tenant: 'acme', drift: 'abc, not def' });
    });

    it('are told only what they want, and with a scope only of its tenants and of hosts with one of them', async () => {
      await opened.report('h1', 'acme');
      await opened.report('h2', 'shop');
      await addWebhook('wanting', { events: ['host.offline'] });
      await addWebhook('narrow', { scope: 'slug=acme' });
      await addWebhook('other', { scope: 'slug=beta' });
      await opened.store.hosts.report('h1', makeReport([reportedTenant('acme'), reportedTenant('beta')]), now);
      for (const [host, slug] of [
        ['h1', 'acme'],
        ['h2', 'shop'],
      ] as const) {
        await opened.store.hosts.noteConnected(host, now);
        await opened.store.hosts.noteOffline(host, now);
        const upgrade = makeId();
        await opened.storeAll(upgrade, makeStream({ id: upgrade, tenant: slug, host }), host);
      }
      expect((await listAll('wanting')).map(({ host, kind }) => [host, kind])).toEqual([
        ['h1', 'host.offline'],
        ['h2', 'host.offline'],
      ]);
      expect(new Set((await listAll('narrow')).map(({ host }) => host))).toEqual(new Set(['h1']));
      expect(await kindsOf('other')).toEqual(['host.connected', 'host.offline']);
      expect(await kindsOf('narrow')).toEqual(['host.connected', 'host.offline', 'upgrade.began', 'upgrade.ended']);
    });
  });
}
