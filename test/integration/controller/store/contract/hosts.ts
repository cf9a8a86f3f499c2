// What every store promises of hosts and tenants.
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../../../controller/store/port.js';
import { diffReports } from '../../../../../shared/model/report/report_changes.js';
import type { Report, ReportedTenant } from '../../../../../shared/model/report/report.js';
import { parseSelection } from '../../../../../shared/selection/parse_selection.js';
import { makeReport, reportedTenant } from '../../../../helpers/controller/protocol_peer.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { about, now, upgradeOrder, useStore, type OpenedStore } from './use_store.js';

/** Its tenants by other slugs. */
const named = (report: Report, end: string): Report => ({
  ...report,
  tenants: report.tenants.map((tenant) => ({ ...tenant, slug: `${tenant.slug}${end}` })),
});

const of = (from: number, count: number) => Array.from({ length: count }, (_, at) => reportedTenant(`t${from + at}`));

/** Holds an adapter against this part of the contract. */
export function describeHosts(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);

  /** The host and its tenants, in words that do not depend on their names. */
  const show = async (host: string) => {
    const found = await opened.store.hosts.find(host);
    const { items } = await opened.store.hosts.listTenants({ limit: 9, where: parseSelection(`host=${host}`) });
    // Figures, which also say when the host was seen, did not change.
    return JSON.stringify([{ ...found, seen_at: null }, items])
      .replaceAll(host, 'host')
      .replaceAll(`-${host.slice(1)}"`, '"');
  };

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

    it('are by differences as they are by whole reports', async () => {
      const wholes = [
        makeReport(['a', 'b', 'c'].map((slug) => reportedTenant(slug))),
        makeReport([reportedTenant('a', { version: 'v2' }), reportedTenant('c', { drift: 'moved' })]),
        { ...makeReport([reportedTenant('c'), reportedTenant('d')]), problems: [{ message: 'broken', hint: null }] },
      ];
      for (const host of ['h1', 'h2']) await opened.report(host);
      let before: Report = makeReport([]);
      for (const [at, whole] of wholes.entries()) {
        const time = `2026-01-0${at + 1}`;
        await opened.store.hosts.report('h1', named(whole, '-1'), time);
        const changes = diffReports(before, named(whole, '-2'));
        before = named(whole, '-2');
        if (changes !== null) await opened.store.hosts.report('h2', changes, time);
      }
      const shown = await show('h2');
      expect(shown).toBe(await show('h1'));
      expect(shown).toContain('"missing":["a","b"]');
    });

    it('are not changed beyond their number', async () => {
      await opened.report('h1');
      await opened.store.hosts.report('h1', makeReport(of(0, 1999)), now);
      const change = (tenants: ReportedTenant[], gone: string[]) =>
        opened.store.hosts.report('h1', { type: 'report_changes', tenants, gone }, now);
      await change(of(1999, 1), []);
      await expect(change(of(2000, 1), ['none'])).rejects.toMatchObject({ code: 'protocol' });
      await change(of(2000, 1), ['t0']);
      expect(await opened.store.hosts.findHostOf('t2000')).toBe('h1');
      for (let from = 3000; from < 12_000; from += 1000) {
        await opened.store.hosts.report('h1', makeReport(of(from, 1000)), now);
      }
      expect((await opened.store.hosts.find('h1'))?.tenants).toHaveLength(4000);
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
