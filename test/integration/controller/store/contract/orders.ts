// What every store promises of orders.
import { describe, expect, it } from 'vitest';
import type { NewOrder } from '../../../../../controller/store/order.js';
import type { Placing } from '../../../../../controller/store/port.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { makeStream } from '../../../../helpers/controller/stored_streams.js';
import { about, now, tester, upgradeOrder, useStore, type OpenedStore } from './use_store.js';

/** Holds an adapter against this part of the contract. */
export function describeOrders(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);

  describe(`an order in ${name}`, () => {
    const id = makeId();

    it.each(['upgrade', 'rollback', 'cancel'] as const)('of kind %s is read as it was stored', async (kind) => {
      await opened.report('h1', 'acme');
      const orders: Record<typeof kind, NewOrder> = {
        upgrade: upgradeOrder(id),
        rollback: { kind: 'rollback', ...about('r1', null), restore_database: true },
        cancel: { kind: 'cancel', ...about('c1', id), upgrade: id, force: true },
      };
      const order = orders[kind];
      await opened.add(order);
      const rest = { host: 'h1', offered_at: null, accepted_at: null, ended_at: null, error: null };
      expect(await opened.store.orders.find(order.id)).toEqual({ ...order, ...rest });
      expect(await opened.store.orders.openOf('h1')).toEqual([{ ...order, ...rest }]);
    });

    it('needs a tenant, and no other upgrade of it', async () => {
      await expect(opened.add(upgradeOrder(id))).rejects.toMatchObject({ code: 'unknown-tenant' });
      await opened.report('h1', 'acme');
      await opened.add(upgradeOrder(id));
      await expect(opened.add(upgradeOrder(makeId()))).rejects.toMatchObject({ code: 'busy' });
      expect(await opened.store.orders.openOf('h1')).toHaveLength(1);
    });

    it('is placed as it is alone where many come at once', async () => {
      await opened.report('h1', 'acme', 'bmce');
      await opened.report('h2', 'cmce');
      const key = { owner: 'a', key: 'k', fingerprint: '' };
      const other = { ...tester, name: 'other', reason: 'x\u0000y' };
      const ask = (tenant: string, placing: Partial<Placing> = {}) => {
        const own = makeId();
        return { id: own, tenant, placed: opened.add({ ...upgradeOrder(own), tenant }, placing) };
      };
      const asked = [
        ask('cmce', { isOffered: (host) => host === 'h2' }),
        ask('acme', { key }),
        ask('nmce'),
        ask('bmce', { actor: other }),
        ask('cmce'),
        ask('acme', { key }),
        ask('acme', { key: { ...key, fingerprint: 'x' } }),
      ];
      const [first, second, , fourth] = asked.map(({ id: own }) => own);
      const version = 'v0.1.0';
      expect(await Promise.allSettled(asked.map(({ placed }) => placed))).toMatchObject([
        { value: { isNew: true, id: first, host: 'h2', isOffered: true, version } },
        { value: { isNew: true, id: second, host: 'h1', isOffered: false, version } },
        { reason: { code: 'unknown-tenant' } },
        { value: { isNew: true, id: fourth, host: 'h1' } },
        { reason: { code: 'busy', message: expect.stringContaining(first ?? '') } },
        { value: { isNew: false, id: second } },
        { reason: { code: 'key-reused' } },
      ]);
      expect(await opened.store.orders.openOf('h1')).toMatchObject([
        { id: second, tenant: 'acme', offered_at: null },
        { id: fourth, tenant: 'bmce', offered_at: null },
      ]);
      expect(await opened.store.orders.openOf('h2')).toMatchObject([{ id: first, offered_at: now }]);
      const entries = (await opened.store.seenBy(null).listAudit({ limit: 9 })).items;
      expect(entries).toMatchObject([
        { name: 'other', reason: 'x\u2400y', action: 'upgrade', tenant: 'bmce', host: 'h1', target: fourth },
        { name: 'tester', action: 'upgrade', tenant: 'acme', host: 'h1', target: second },
        { name: 'tester', action: 'upgrade', tenant: 'cmce', host: 'h2', target: first },
      ]);
    });

    it('is the same for the same key, and refused where that was given for something else', async () => {
      await opened.report('h1', 'acme');
      const key = { owner: 'a', key: 'k', fingerprint: 'one' };
      expect(await opened.add(upgradeOrder(id), { key })).toMatchObject({ isNew: true, id });
      expect(await opened.add(upgradeOrder(makeId()), { key })).toEqual({ isNew: false, id });
      expect(await opened.store.orders.findKeyed(key)).toBe(id);
      const other = { ...key, fingerprint: 'two' };
      await expect(opened.add(upgradeOrder(makeId()), { key: other })).rejects.toMatchObject({ code: 'key-reused' });
      await expect(opened.store.orders.findKeyed(other)).rejects.toMatchObject({ code: 'key-reused' });
      // The key of another token says nothing about this one.
      expect(await opened.store.orders.findKeyed({ ...other, owner: 'b' })).toBeNull();
    });

    it('has a key that is forgotten once it is too old, and the first ones over their number', async () => {
      await opened.report('h1', 'acme');
      const days = [1, 2, 3, 4];
      const dates = days.map((day) => `2026-01-0${day}T00:00:00.000Z`);
      for (const [index, day] of days.entries()) {
        const rollback = { ...about(`r${day}`, null), created_at: dates[index] ?? '', restore_database: false };
        await opened.add({ kind: 'rollback', ...rollback }, { key: { owner: 'a', key: `k${day}`, fingerprint: '' } });
      }
      const remembered = () =>
        Promise.all(days.map((day) => opened.store.orders.findKeyed({ owner: 'a', key: `k${day}`, fingerprint: '' })));
      await opened.store.orders.pruneKeys(dates[1] ?? '', 9);
      expect(await remembered()).toEqual([null, 'r2', 'r3', 'r4']);
      await opened.store.orders.pruneKeys(dates[0] ?? '', 2);
      expect(await remembered()).toEqual([null, null, 'r3', 'r4']);
      // The order itself stays.
      expect(await opened.store.orders.find('r1')).toMatchObject({ id: 'r1', ended_at: null });
    });

    it('that was offered is no longer ended as one that never was', async () => {
      await opened.report('h1', 'acme');
      await opened.add(upgradeOrder(id));
      expect(await opened.store.orders.offer('h1', now)).toMatchObject([{ id, offered_at: now }]);
      const end = { status: 'cancelled', at: now, failure: null } as const;
      expect(await opened.store.orders.endUnbegun(id, { ...end, onlyUnoffered: true })).toBe(false);
      expect(await opened.store.orders.endExpired('9999')).toEqual([]);
      expect(await opened.store.orders.endUnbegun(id, end)).toBe(true);
      expect(await opened.store.orders.offer('h1', now)).toEqual([]);
      expect(await opened.store.upgrades.find(id)).toMatchObject({ status: 'cancelled', isOver: true });
      expect(await opened.store.orders.endUnbegun(id, end)).toBe(false);
    });

    it('that was ended before it is offered is not offered', async () => {
      await opened.report('h1', 'acme');
      await opened.add(upgradeOrder(id));
      const end = { status: 'refused', at: now, failure: null, onlyUnoffered: true } as const;
      const [ended, offered] = await Promise.all([
        opened.store.orders.endUnbegun(id, end),
        opened.store.orders.offer('h1', now),
      ]);
      expect([ended, offered]).toEqual([true, []]);
    });

    it('is not offered, and ends, when its time to begin is over', async () => {
      await opened.report('h1', 'acme');
      await opened.add(upgradeOrder(id));
      const over = '2026-01-01T01:00:00.000Z';
      expect(await opened.store.orders.endExpired('2026-01-01T00:59:59.999Z')).toEqual([]);
      expect(await opened.store.orders.offer('h1', over)).toEqual([]);
      expect(await opened.store.orders.endExpired(over)).toMatchObject([{ id }]);
      expect(await opened.store.orders.find(id)).toMatchObject({ ended_at: over, error: { code: 'expired' } });
      expect(await opened.store.upgrades.readResult(id)).toMatchObject({
        status: 'refused',
        failure: { code: 'expired', message: expect.stringContaining('h1 was not connected until') },
      });
      expect(await opened.store.orders.endExpired('9999')).toEqual([]);
    });

    it.each([
      { kind: 'rollback', restore_database: true } as const,
      { kind: 'resume', accept: true } as const,
      { kind: 'mark', mark: { tag: 'v0.2.0', phase: null, as: 'done', reason: 'by hand' } } as const,
    ])('of the kind $kind is stored whole, and ends with an error when its time is over', async (body) => {
      await opened.report('h1', 'acme');
      const { request: _request, ...about } = upgradeOrder(id);
      await opened.add({ ...about, ...body, upgrade: null });
      expect(await opened.store.orders.find(id)).toMatchObject({ ...body, upgrade: null, offered_at: null });
      expect(await opened.store.orders.endExpired('9999')).toMatchObject([{ id, ...body }]);
      expect(await opened.store.orders.find(id)).toMatchObject({ error: { code: 'expired' } });
    });

    it.each([
      { isStored: true, which: 'is stored' },
      { isStored: false, which: 'is not stored yet' },
    ])('that its host had before is that upgrade, which $which, and no other tenant’s', async ({ isStored }) => {
      const [known, foreign] = [makeId(), makeId()];
      const store = (of: string, tenant: string) =>
        opened.storeAll(of, makeStream({ id: of, tenant, host: 'h1' }), 'h1');
      await opened.report('h1', 'acme', 'bmce');
      await store(foreign, 'bmce');
      if (isStored) await store(known, 'acme');
      await opened.add(upgradeOrder(id));
      await opened.add({ kind: 'cancel', ...about('c1', id), upgrade: id, force: false });
      const { orders, upgrades } = opened.store;
      expect(await orders.endAsKnown(id, { known: foreign, at: now })).toBe(false);
      expect(await upgrades.find(id)).toMatchObject({ status: 'queued' });
      expect(await orders.endAsKnown(id, { known, at: now })).toBe(true);
      expect(await orders.find(id)).toMatchObject({ upgrade: known, ended_at: now, error: null });
      expect(await orders.find('c1')).toMatchObject({ ended_at: now, error: { code: 'nothing-to-do' } });
      expect(await upgrades.find(id)).toBeNull();
      expect(await orders.endAsKnown(id, { known, at: now })).toBe(false);
      if (!isStored) await store(known, 'acme');
      expect(await upgrades.find(known)).toMatchObject({ tenant: 'acme', status: 'success', isOver: true });
    });

    it('that cancels an upgrade which has ended is refused', async () => {
      await opened.report('h1', 'acme');
      await opened.add(upgradeOrder(id));
      await opened.store.orders.endUnbegun(id, { status: 'cancelled', at: now, failure: null });
      const { request: _request, ...about } = upgradeOrder(id);
      const cancel = { ...about, id: 'c', kind: 'cancel', force: false } as const;
      await expect(opened.add(cancel)).rejects.toMatchObject({ code: 'nothing-to-do' });
    });

    it('is accepted by its own host only, and ended once', async () => {
      await opened.report('h1', 'acme');
      await opened.add(upgradeOrder(id));
      await opened.store.orders.markAccepted({ id, host: 'h2', at: now });
      expect(await opened.store.orders.find(id)).toMatchObject({ accepted_at: null });
      await opened.store.orders.markAccepted({ id, host: 'h1', at: now });
      expect((await opened.store.upgrades.find(id))?.order).toMatchObject({ isAccepted: true });
      const error = { code: 'busy', message: 'no', hint: null };
      await opened.store.orders.end(id, { at: now, upgrade: id, error });
      await opened.store.orders.end(id, { at: 'later', upgrade: null, error: null });
      expect(await opened.store.orders.find(id)).toMatchObject({ ended_at: now, error });
    });
  });
}
