// What every store promises of hosts and tenants.
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../../../controller/store/port.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { about, upgradeOrder, useStore, type OpenedStore } from './use_store.js';

/** Holds an adapter against this part of the contract. */
export function describeHosts(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);

  describe(`hosts and tenants in ${name}`, () => {
    it('are as they were reported last; a slug belongs to the host that reported it first, also when it no longer does', async () => {
      expect(await opened.report('h1', 'acme', 'bmce')).toEqual([]);
      expect(await opened.report('h2', 'acme')).toEqual(['acme']);
      expect(await opened.store.hosts.findHostOf('acme')).toBe('h1');
      expect(await opened.store.hosts.find('h1')).toMatchObject({ tenants: ['acme', 'bmce'], missing: [] });
      await opened.report('h1', 'bmce');
      await opened.report('h2', 'acme');
      expect(await opened.store.hosts.findTenant('acme')).toMatchObject({ report: null, claimed_by: ['h2'] });
      expect(await opened.store.hosts.findHostOf('acme')).toBe('h1');
      expect(await opened.store.hosts.find('h1')).toMatchObject({ tenants: ['acme', 'bmce'], missing: ['acme'] });
      expect((await opened.store.hosts.find('h2'))?.tenants).toEqual([]);
      expect(await opened.store.hosts.find('h3')).toBeNull();
    });

    it('say which upgrade of theirs is open', async () => {
      await opened.report('h1', 'acme');
      const id = makeId();
      await opened.add(upgradeOrder(id));
      expect(await opened.store.hosts.findTenant('acme')).toMatchObject({ upgrade: id });
      expect(await opened.store.upgrades.list({ limit: 10 })).toMatchObject({ items: [{ id, isCancelling: false }] });
      await opened.add({ kind: 'cancel', ...about('c1', id), upgrade: id, force: false });
      expect(await opened.store.upgrades.find(id)).toMatchObject({ isCancelling: true });
    });

    it('are listed in pages, without gap and without repetition', async () => {
      await opened.report('h1', 'a', 'b', 'c', 'd', 'e');
      const seen: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: Awaited<ReturnType<Store['hosts']['listTenants']>> = await opened.store.hosts.listTenants({
          limit: 2,
          cursor,
        });
        seen.push(...page.items.map(({ slug }) => slug));
        cursor = page.next;
      }
      expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
    });
  });
}
