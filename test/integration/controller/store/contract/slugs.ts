// What every store promises of slugs: whose they are, what admins do with them, and the versions that tenants had.
import { describe, expect, it } from 'vitest';
import { parseScope, parseSelection } from '../../../../../shared/selection/parse_selection.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { makeReport, reportedTenant } from '../../../../helpers/controller/protocol_peer.js';
import { about, now, tester, upgradeOrder, useStore, type OpenedStore } from './use_store.js';

const change = { at: now, actor: tester };
const later = '2026-02-02T00:00:00.000Z';

/** Holds an adapter against this part of the contract. */
export function describeSlugs(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);
  const { report, add } = opened;
  const hosts = () => opened.store.hosts;
  const slugs = () => opened.store.slugs;
  const reportVersion = (host: string, version: string | null, more: object = {}) =>
    hosts().report(host, makeReport([reportedTenant('acme', { version, ...more })]), later);
  const listVersions = async () =>
    (await hosts().listVersions('acme', { limit: 10 })).items.map(({ host, version }) => `${host} ${version}`);
  const listAudit = async () =>
    (await opened.store.seenBy(null).listAudit({ limit: 10 })).items.map(({ action, tenant, host, target, reason }) => [
      action,
      tenant,
      host,
      target,
      reason,
    ]);

  const findCanary = () => opened.store.seenBy(parseScope('ring=canary')).hosts.findTenant('acme');

  describe(`slugs in ${name}`, () => {
    it('move to another host, which is believed from then on, and the old one no longer', async () => {
      await report('h1', 'acme');
      await report('h2', 'acme');
      await slugs().move('acme', 'h2', change);
      expect(await hosts().findTenant('acme')).toMatchObject({
        host: 'h2',
        claimed_by: ['h1'],
        report: { slug: 'acme' },
      });
      expect(await hosts().find('h1')).toMatchObject({ tenants: [], claimed_by_it: [{ slug: 'acme', host: 'h2' }] });
      expect(await report('h1', 'acme')).toEqual(['acme']);
      expect(await reportVersion('h2', 'v0.9.0')).toEqual([]);
      expect(await hosts().findTenant('acme')).toMatchObject({ report: { version: 'v0.9.0' }, reported_at: later });
      expect(await listAudit()).toEqual([['tenants.move', 'acme', 'h2', 'h1', 'a test']]);
    });

    it('leave a host that is revoked, whatever it still has to do, and it is never asked for that again', async () => {
      await report('h1', 'acme');
      await report('h2');
      const { joins } = opened.store;
      const audit = { ...tester, at: now, action: 'join', tenant: null, host: null, target: null };
      const times = { created_at: now, created_by: null, expires_at: later };
      await joins.addToken({ id: 'j1', hash: 'x', hosts: null, uses: 1, ...times }, audit);
      await joins.enroll({ tokenHash: 'x', host: 'h1', key: 'k1', address: '', at: now });
      const id = makeId();
      await add(upgradeOrder(id), { isOffered: () => true });
      await expect(slugs().move('acme', 'h2', change)).rejects.toMatchObject({ code: 'busy' });
      await joins.revokeHost('h1', { ...audit, host: 'h1' });
      await slugs().move('acme', 'h2', change);
      expect(await opened.store.upgrades.find(id)).toMatchObject({ status: 'refused', isOver: true });
      expect(await opened.store.orders.openOf('h1')).toEqual([]);
    });

    it('are missing on a host that does not report them yet, and are selected by that', async () => {
      await report('h1', 'acme', 'bmce');
      await report('h2');
      await slugs().move('acme', 'h2', change);
      const missing = { limit: 9, where: parseSelection('state=missing') };
      expect((await hosts().listTenants(missing)).items).toMatchObject([{ slug: 'acme', host: 'h2', report: null }]);
      await report('h2', 'acme');
      expect((await hosts().listTenants(missing)).items).toEqual([]);
      expect(await hosts().find('h2')).toMatchObject({ tenants: ['acme'], missing: [] });
    });

    it('stay where they are while their host has an order or an upgrade of them', async () => {
      await report('h1', 'acme');
      await report('h2');
      const id = makeId();
      await add(upgradeOrder(id));
      await expect(slugs().move('acme', 'h2', change)).rejects.toMatchObject({ code: 'busy', message: /h1/ });
      await opened.store.orders.endUnbegun(id, { status: 'cancelled', at: now, failure: null });
      await add({ kind: 'rollback', ...about('r1', null), upgrade: null, restore_database: false });
      await expect(slugs().move('acme', 'h2', change)).rejects.toMatchObject({ code: 'busy', message: /rollback/ });
      await opened.store.orders.end('r1', { at: now, upgrade: null, error: null });
      await expect(slugs().move('acme', 'h3', change)).rejects.toMatchObject({ code: 'unknown-host' });
      await expect(slugs().move('acme', 'h1', change)).rejects.toMatchObject({ code: 'nothing-to-do' });
      await expect(slugs().move('nobody', 'h2', change)).rejects.toMatchObject({ code: 'unknown-tenant' });
      expect(await hosts().findHostOf('acme')).toBe('h1');
      await slugs().move('acme', 'h2', change);
      expect(await hosts().findHostOf('acme')).toBe('h2');
    });

    it('are forgotten once no host reports them, and then are of the first that does', async () => {
      await report('h1', 'acme');
      await expect(slugs().forget('acme', change)).rejects.toMatchObject({ code: 'busy', message: 'h1 reports acme' });
      await report('h1');
      await report('h2', 'acme');
      await expect(slugs().forget('acme', change)).rejects.toMatchObject({ code: 'busy', hint: /move acme h2/ });
      await report('h2');
      await slugs().forget('acme', change);
      await expect(slugs().forget('acme', change)).rejects.toMatchObject({ code: 'unknown-tenant' });
      expect(await hosts().findTenant('acme')).toBeNull();
      expect(await listVersions()).toEqual([]);
      expect(await report('h2', 'acme')).toEqual([]);
      expect(await hosts().findHostOf('acme')).toBe('h2');
      expect(await listAudit()).toEqual([['tenants.forget', 'acme', 'h1', null, 'a test']]);
    });

    it('have the labels of admins, which select, decide scopes, and outlast what hosts say', async () => {
      await hosts().connect({ host: 'h1', agentVersion: '1', protocolVersion: 1, clockSkewMs: 0, at: now });
      await reportVersion('h1', 'v1', { labels: { ring: 'prod', region: 'eu' } });
      const list = async (where: string) =>
        (await hosts().listTenants({ limit: 9, where: parseSelection(where) })).items.map(({ slug }) => slug);
      expect(await findCanary()).toBeNull();
      await slugs().label('acme', { set: { ring: 'canary', a: '1' }, remove: [] }, change);
      expect(await findCanary()).toMatchObject({
        admin_labels: { a: '1', ring: 'canary' },
        report: { labels: { ring: 'prod' } },
      });
      expect([await list('ring=canary'), await list('ring=prod'), await list('region=eu')]).toEqual([
        ['acme'],
        [],
        ['acme'],
      ]);
      await report('h1');
      expect(await list('ring=canary')).toEqual(['acme']);
      await slugs().label('acme', { set: {}, remove: ['ring', 'none'] }, change);
      expect(await findCanary()).toBeNull();
      await slugs().label('acme', { set: { a: '1' }, remove: [] }, change);
      expect((await listAudit()).map(([, , , target]) => target)).toEqual(['-ring, -none', 'ring=canary, a=1']);
      const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`l${at}`, '']));
      await expect(slugs().label('acme', { set: many, remove: [] }, change)).rejects.toMatchObject({ code: 'invalid' });
      expect(await hosts().findTenant('acme')).toMatchObject({ admin_labels: { a: '1' } });
    });
  });

  describe(`the versions of a tenant in ${name}`, () => {
    it('are written when they change, and at a move, and by no other host', async () => {
      await report('h1', 'acme');
      await report('h1', 'acme');
      await report('h2', 'acme');
      for (const version of ['v0.2.0', null, 'v0.2.0', 'v0.1.0']) await reportVersion('h1', version);
      expect(await listVersions()).toEqual(['h1 v0.1.0', 'h1 v0.2.0', 'h1 v0.1.0']);
      await report('h1');
      await reportVersion('h1', 'v0.1.0', { drift: 'moved' });
      await slugs().move('acme', 'h2', change);
      expect(await listVersions()).toEqual(['h2 v0.1.0', 'h1 v0.1.0', 'h1 v0.2.0', 'h1 v0.1.0']);
      const first = await hosts().listVersions('acme', { limit: 3 });
      const rest = await hosts().listVersions('acme', { limit: 3, cursor: first.next ?? '' });
      expect([first.items.length, rest.items.length, rest.next]).toEqual([3, 1, null]);
    });
  });

  describe(`what an asker sees of other hosts in ${name}`, () => {
    it('is nothing, not even their names', async () => {
      await report('secret-host', 'acme', 'other');
      await report('h2', 'acme');
      await slugs().move('acme', 'h2', change);
      const seen = opened.store.seenBy(parseScope('slug=acme')).hosts;
      expect(await seen.findTenant('acme')).toMatchObject({ host: 'h2', claimed_by: [null] });
      expect(await seen.find('h2')).toMatchObject({ claimed_of_it: [{ slug: 'acme', host: null }] });
      expect((await seen.list({ limit: 9 })).items.map(({ host }) => host)).toEqual(['h2']);
      const { items } = await seen.listVersions('acme', { limit: 9 });
      expect(items.map(({ host }) => host)).toEqual(['h2', null]);
      expect((await seen.listVersions('other', { limit: 9 })).items).toEqual([]);
      const entries = (await opened.store.seenBy(parseScope('slug=acme')).listAudit({ limit: 9 })).items;
      expect(JSON.stringify([items, entries])).not.toContain('secret-host');
      const whole = await hosts().findTenant('acme');
      expect(whole).toMatchObject({ claimed_by: ['secret-host'] });
    });
  });
}
