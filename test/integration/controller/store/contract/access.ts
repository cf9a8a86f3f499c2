// What every store promises of tokens, of the audit log, and of what a scope sees.
import { describe, expect, it } from 'vitest';
import type { AuditEntry, NewToken } from '../../../../../controller/store/access.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { parseScope } from '../../../../../shared/selection/parse_selection.js';
import { makeStream } from '../../../../helpers/controller/stored_streams.js';
import { about, now, tester, upgradeOrder, useStore, type OpenedStore } from './use_store.js';

const entry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  ...tester,
  at: now,
  action: 'tokens.create',
  tenant: null,
  host: null,
  target: 'anna',
  ...change,
});

function token(name: string, change: Partial<NewToken> = {}): NewToken {
  const ends = { created_at: now, created_by: null, expires_at: null };
  return { id: makeId(), name, hash: `hash of ${name}`, role: 'viewer', scope: null, ...ends, ...change };
}

/** Holds an adapter against this part of the contract. */
export function describeAccess(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);
  const listAudit = async (query = {}) => (await opened.store.seenBy(null).listAudit({ limit: 9, ...query })).items;
  const tenantsOf = async (query: object) => (await listAudit(query)).map(({ tenant }) => tenant);

  describe(`tokens in ${name}`, () => {
    it('are found by their hash as they were stored, and are never shown with it', async () => {
      const { hash, ...stored } = token('anna', {
        role: 'operator',
        scope: 'host=h1',
        expires_at: now,
        created_by: 'x',
      });
      await opened.store.tokens.add({ hash, ...stored }, entry());
      const shown = { ...stored, revoked_at: null, used_at: null };
      expect(await opened.store.tokens.findByHash(hash)).toEqual(shown);
      expect(await opened.store.tokens.list({ limit: 9 })).toEqual({ items: [shown], next: null });
      expect(await opened.store.tokens.findByHash('another')).toBeNull();
    });

    it('have a name of their own until they are revoked, and are kept after that', async () => {
      await opened.store.tokens.add(token('anna'), entry());
      const second = token('anna', { hash: 'another' });
      await expect(opened.store.tokens.add(second, entry())).rejects.toMatchObject({ code: 'busy' });
      const revoked = await opened.store.tokens.revoke('anna', entry({ at: '2026-02-02', action: 'tokens.revoke' }));
      expect(revoked).toMatchObject({ name: 'anna', revoked_at: '2026-02-02' });
      await expect(opened.store.tokens.revoke('anna', entry())).rejects.toMatchObject({ code: 'not-found' });
      await opened.store.tokens.add(second, entry());
      expect(await opened.store.tokens.findByHash('hash of anna')).toEqual(revoked);
      expect(await opened.store.tokens.findByHash('another')).toMatchObject({ revoked_at: null });
      const changes = ['tokens.create', 'tokens.revoke', 'tokens.create'];
      expect((await listAudit()).map(({ action }) => action)).toEqual(changes);
    });

    it('say when they were last used', async () => {
      const { id, hash, ...rest } = token('anna');
      await opened.store.tokens.add({ id, hash, ...rest }, entry());
      await opened.store.tokens.markUsed(id, '2026-03-03');
      expect(await opened.store.tokens.findByHash(hash)).toMatchObject({ used_at: '2026-03-03' });
    });

    it('are listed in pages, the oldest first', async () => {
      for (const each of ['c', 'a', 'b']) await opened.store.tokens.add(token(each), entry());
      const first = await opened.store.tokens.list({ limit: 2 });
      const rest = await opened.store.tokens.list({ limit: 2, cursor: first.next ?? '' });
      expect([...first.items, ...rest.items].map(({ name: of }) => of)).toEqual(['c', 'a', 'b']);
      expect(rest.next).toBeNull();
    });
  });

  describe(`the audit log in ${name}`, () => {
    it('has one entry for each change, the latest first: who, what, on what, why, from where', async () => {
      await opened.report('h1', 'acme');
      const id = makeId();
      await opened.add(upgradeOrder(id));
      const mark = { tag: 'v1', phase: null, as: 'done', reason: '' } as const;
      await opened.add({ kind: 'mark', ...about('m1', null), upgrade: null, mark });
      const end = { status: 'cancelled', at: now, failure: null } as const;
      await opened.store.orders.endUnbegun(id, { ...end, actor: tester });
      const common = { ...tester, at: now, tenant: 'acme', host: 'h1' };
      expect(await listAudit()).toEqual([
        { no: 3, ...common, action: 'cancel', target: id },
        { no: 2, ...common, action: 'mark', target: 'v1' },
        { no: 1, ...common, action: 'upgrade', target: id },
      ]);
    });

    it('has none for what was refused, repeated, or asked for by nobody', async () => {
      await expect(opened.add(upgradeOrder(makeId()))).rejects.toMatchObject({ code: 'unknown-tenant' });
      await opened.report('h1', 'acme');
      const key = { owner: 'a', key: 'k', fingerprint: '' };
      const id = makeId();
      await opened.add(upgradeOrder(id), { key });
      await opened.add(upgradeOrder(makeId()), { key });
      await expect(opened.add(upgradeOrder(makeId()))).rejects.toMatchObject({ code: 'busy' });
      await opened.store.orders.endUnbegun(id, { status: 'refused', at: now, failure: null });
      await expect(opened.store.tokens.revoke('anna', entry())).rejects.toMatchObject({ code: 'not-found' });
      expect((await listAudit()).map(({ action, target }) => ({ action, target }))).toEqual([
        { action: 'upgrade', target: id },
      ]);
    });

    it('is filtered and paged', async () => {
      await opened.report('h1', 'acme', 'bmce');
      await opened.report('h2', 'cmce');
      for (const tenant of ['acme', 'bmce', 'cmce']) {
        const id = makeId();
        await opened.add({ ...upgradeOrder(id), tenant }, { actor: { ...tester, name: `of ${tenant}` } });
      }
      await opened.store.tokens.add(token('anna'), entry());
      expect(await tenantsOf({ tenant: 'bmce' })).toEqual(['bmce']);
      expect(await tenantsOf({ host: 'h1' })).toEqual(['bmce', 'acme']);
      expect(await tenantsOf({ by: 'of cmce' })).toEqual(['cmce']);
      expect(await tenantsOf({ action: 'tokens.create' })).toEqual([null]);
      const first = await opened.store.seenBy(null).listAudit({ limit: 2 });
      expect(first.items.map(({ tenant }) => tenant)).toEqual([null, 'cmce']);
      expect(await tenantsOf({ limit: 2, cursor: first.next ?? '' })).toEqual(['bmce', 'acme']);
    });
  });

  describe(`a scope in ${name}`, () => {
    it('sees its tenants, their hosts, upgrades, streams and changes, and nothing else', async () => {
      await opened.report('h1', 'acme', 'bmce');
      await opened.report('h2', 'cmce');
      const [own, other] = [makeId(), makeId()];
      await opened.storeAll(own, makeStream({ id: own, tenant: 'acme', host: 'h1' }));
      await opened.storeAll(other, makeStream({ id: other, tenant: 'bmce', host: 'h1' }));
      for (const tenant of ['acme', 'bmce', 'cmce']) await opened.add({ ...upgradeOrder(makeId()), tenant });
      await opened.store.tokens.add(token('anna'), entry());
      const seen = opened.store.seenBy(parseScope('slug=acme'));
      const { hosts, upgrades } = seen;
      const page = { limit: 9 };
      expect((await hosts.list(page)).items.map(({ host, tenants }) => ({ host, tenants }))).toEqual([
        { host: 'h1', tenants: ['acme'] },
      ]);
      expect(await hosts.find('h2')).toBeNull();
      expect((await hosts.listTenants(page)).items.map(({ slug }) => slug)).toEqual(['acme']);
      expect([await hosts.findTenant('bmce'), await hosts.findHostOf('bmce')]).toEqual([null, null]);
      expect((await upgrades.list(page)).items.map(({ tenant }) => tenant)).toEqual(['acme', 'acme']);
      expect((await upgrades.list({ ...page, tenant: 'bmce' })).items).toEqual([]);
      expect([await upgrades.find(other), await upgrades.readResult(other)]).toEqual([null, null]);
      expect(await upgrades.readStream(other, { after: 0, limit: 9 })).toEqual([]);
      expect(await upgrades.readStream(own, { after: 0, limit: 9 })).not.toEqual([]);
      expect((await seen.listAudit(page)).items.map(({ tenant }) => tenant)).toEqual(['acme']);
      expect((await seen.listAudit({ ...page, tenant: 'bmce' })).items).toEqual([]);
    });

    it('reads pages that no tenant outside of it makes longer or shorter', async () => {
      await opened.report('h1', 'a1', 'b1', 'a2', 'b2', 'a3');
      const { hosts } = opened.store.seenBy(parseScope('slug~a*'));
      const first = await hosts.listTenants({ limit: 2 });
      expect([first.items.map(({ slug }) => slug), first.next]).toEqual([['a1', 'a2'], 'a2']);
      const last = await hosts.listTenants({ limit: 1, cursor: 'a2' });
      expect([last.items.map(({ slug }) => slug), last.next]).toEqual([['a3'], null]);
    });

    it('sees that another host reports a tenant of it too, and not which one', async () => {
      await opened.report('h1', 'acme', 'bmce');
      await opened.report('h2', 'acme', 'bmce', 'cmce');
      const seen = opened.store.seenBy(parseScope('slug=acme')).hosts;
      expect(await seen.findTenant('acme')).toMatchObject({ claimed_by: [null] });
      expect(await seen.find('h1')).toMatchObject({ claimed_of_it: [{ slug: 'acme', host: null }] });
      const both = opened.store.seenBy(parseScope('slug=acme | slug=cmce')).hosts;
      expect(await both.findTenant('acme')).toMatchObject({ claimed_by: ['h2'] });
      expect(await both.find('h1')).toMatchObject({ claimed_of_it: [{ slug: 'acme', host: 'h2' }] });
      expect(await both.find('h2')).toMatchObject({ claimed_by_it: [{ slug: 'acme', host: 'h1' }] });
    });

    it('selects within itself only', async () => {
      await opened.report('h1', 'acme', 'bmce');
      const { hosts } = opened.store.seenBy(parseScope('slug=acme'));
      const where = parseScope('slug~*');
      expect((await hosts.listTenants({ limit: 9, where })).items.map(({ slug }) => slug)).toEqual(['acme']);
    });
  });
}
