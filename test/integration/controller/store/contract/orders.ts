// What every store promises of orders.
import { describe, expect, it } from 'vitest';
import type { NewOrder } from '../../../../../controller/store/order.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { about, now, upgradeOrder, useStore, type OpenedStore } from './use_store.js';

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

    it('is the same for the same key, and refused where that was given for something else', async () => {
      await opened.report('h1', 'acme');
      const key = { key: 'k', fingerprint: 'one' };
      expect(await opened.add(upgradeOrder(id), { key })).toMatchObject({ isNew: true, id });
      expect(await opened.add(upgradeOrder(makeId()), { key })).toEqual({ isNew: false, id });
      expect(await opened.store.orders.findKeyed(key)).toBe(id);
      const other = { key: 'k', fingerprint: 'two' };
      await expect(opened.add(upgradeOrder(makeId()), { key: other })).rejects.toMatchObject({ code: 'key-reused' });
      await expect(opened.store.orders.findKeyed(other)).rejects.toMatchObject({ code: 'key-reused' });
    });

    it('that was offered is no longer ended as one that never was', async () => {
      await opened.report('h1', 'acme');
      await opened.add(upgradeOrder(id));
      expect(await opened.store.orders.offer('h1', now)).toMatchObject([{ id, offered_at: now }]);
      const end = { status: 'cancelled', at: now, failure: null } as const;
      expect(await opened.store.orders.endUnbegun(id, { ...end, onlyUnoffered: true })).toBe(false);
      expect(await opened.store.orders.expired('9999')).toEqual([]);
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

    it('is due when its time to begin is over', async () => {
      await opened.report('h1', 'acme');
      await opened.add(upgradeOrder(id));
      expect(await opened.store.orders.expired('2026-01-01T01:00:00.000Z')).toEqual([]);
      expect(await opened.store.orders.expired('2026-01-01T01:00:00.001Z')).toMatchObject([{ id }]);
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
