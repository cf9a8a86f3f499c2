// What every store promises of freezes.
import { sharedLimits } from '../../../../../shared/limits.js';
import { describe, expect, it } from 'vitest';
import type { RolloutNow } from '../../../../../controller/store/rollouts.js';
import type { FreezeStore } from '../../../../../controller/store/freezes.js';
import { parseScope, parseSelection } from '../../../../../shared/selection/parse_selection.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { expires_at, idle, later, useRollouts } from './use_rollouts.js';
import { now, tester, upgradeOrder, useStore, type OpenedStore } from './use_store.js';

const before = '2025-12-31T00:00:00.000Z';

/** Holds an adapter against this part of the contract. */
export function describeFreezes(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);
  const used = useRollouts(opened);

  function add(freeze: string, change: Partial<Parameters<FreezeStore['add']>[0]> = {}): Promise<void> {
    const { where = null } = change;
    const stored = {
      name: freeze,
      where,
      selection: where === null ? null : parseSelection(where),
      begins_at: before,
      ends_at: null,
      zone: 'UTC',
      created_at: before,
      created_by: 'tester',
      why: 'holidays',
      ...change,
    };
    return opened.store.freezes.add(stored, tester);
  }
  const change = { at: now, actor: tester };
  const order = (tenant: string, at = now) => opened.add({ ...upgradeOrder(makeId()), tenant, created_at: at });

  describe(`a freeze in ${name}`, () => {
    it('refuses upgrades of its tenants, says how to get one through, and lets all else go on', async () => {
      await used.report({ h1: ['acme', 'bmce'] });
      await add('xmas', { where: 'slug=acme', why: 'the quarter closes' });
      const refusal = order('acme');
      await expect(refusal).rejects.toMatchObject({
        code: 'frozen',
        message: expect.stringContaining('acme is frozen by xmas'),
      });
      // A scoped asker may be told, and the reason may name whom they do not see.
      await expect(refusal).rejects.toMatchObject({ message: expect.not.stringContaining('the quarter closes') });
      await expect(refusal).rejects.toMatchObject({ hint: expect.stringContaining('drover freeze except xmas acme') });
      expect(await order('bmce')).toMatchObject({ isNew: true });
      const { request: _request, ...rest } = { ...upgradeOrder(makeId()), upgrade: null };
      expect(await opened.add({ ...rest, kind: 'rollback', restore_database: false })).toMatchObject({ isNew: true });
      expect(await opened.add({ ...rest, id: makeId(), kind: 'resume', accept: false })).toMatchObject({ isNew: true });
      await opened.store.freezes.except('xmas', ['acme'], change);
      expect(await order('acme')).toMatchObject({ isNew: true });
    });

    it('has at most so many exceptions, in however many requests', async () => {
      await add('xmas');
      const slugs = Array.from({ length: sharedLimits.namedTenants.max }, (_, no) => `t${no}`);
      await used.report({
        h1: slugs.slice(0, 3000),
        h2: slugs.slice(3000, 6000),
        h3: slugs.slice(6000),
        h4: ['one-more'],
      });
      await opened.store.freezes.except('xmas', slugs.slice(1), change);
      await opened.store.freezes.except('xmas', slugs.slice(0, 2), change);
      const more = opened.store.freezes.except('xmas', ['one-more'], change);
      await expect(more).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('xmas') });
      const { items } = await opened.store.freezes.list({ limit: 9, now }, null);
      expect(items[0]?.exceptions).toHaveLength(slugs.length);
    });

    it('has no exception for a tenant that there is not', async () => {
      await used.report({ h1: ['acme'] });
      await add('xmas');
      const wrong = opened.store.freezes.except('xmas', ['acme', 'acne'], change);
      await expect(wrong).rejects.toMatchObject({ code: 'unknown-tenant', message: expect.stringContaining('acne') });
      const { items } = await opened.store.freezes.list({ limit: 9, now }, null);
      expect(items[0]?.exceptions).toEqual([]);
    });

    it('holds from its begin to its end', async () => {
      await used.report({ h1: ['acme'] });
      await add('week', { begins_at: '2026-01-02T00:00:00.000Z', ends_at: '2026-01-03T00:00:00.000Z' });
      await expect(order('acme', '2026-01-02T00:00:00.000Z')).rejects.toMatchObject({ code: 'frozen' });
      await expect(order('acme', '2026-01-02T23:59:59.999Z')).rejects.toMatchObject({ code: 'frozen' });
      expect(await order('acme', '2026-01-03T00:00:00.000Z')).toMatchObject({ isNew: true });
      const id = await used.start();
      let next: string | null = null;
      const look = (at: string) =>
        opened.store.rollouts.step(
          id,
          (read) => {
            next = read.next_freeze_at;
            return idle;
          },
          { at, makeId, isOffered: () => true },
        );
      await look('2026-01-01T12:00:00.000Z');
      expect(next).toBe('2026-01-02T00:00:00.000Z');
      await look('2026-01-02T12:00:00.000Z');
      expect(next).toBe('2026-01-03T00:00:00.000Z');
      await look('2026-01-03T00:00:00.000Z');
      expect(next).toBeNull();
    });

    it('holds targets of rollouts, but for its exceptions', async () => {
      await used.report({ h1: ['acme', 'bmce', 'cmce'] });
      const id = await used.start();
      await add('all');
      await add('two', { where: 'slug!=cmce' });
      await opened.store.freezes.except('all', ['bmce', 'cmce'], change);
      const frozen = (await used.read(id)).targets.map(({ slug, frozen_by }) => [slug, frozen_by]);
      expect(frozen).toEqual([
        ['acme', 'all'],
        ['bmce', 'two'],
        ['cmce', null],
      ]);
    });

    it('that is planned says from when on it holds each target, but for its exceptions', async () => {
      await used.report({ h1: ['acme', 'bmce', 'cmce'] });
      const id = await used.start();
      const [first, second] = ['2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z'];
      await add('all', { begins_at: second });
      await add('two', { where: 'slug!=cmce', begins_at: first });
      await add('over', { begins_at: '2026-01-01T12:00:00.000Z' });
      await opened.store.freezes.end('over', change);
      await opened.store.freezes.except('two', ['bmce'], change);
      let coming: unknown = null;
      const look = ({ targets }: RolloutNow) => {
        coming = targets.map(({ slug, frozen_by, frozen_from }) => [slug, frozen_by, frozen_from]);
        return idle;
      };
      await opened.store.rollouts.step(id, look, { at: now, makeId, isOffered: () => true });
      expect(coming).toEqual([
        ['acme', null, first],
        ['bmce', null, second],
        ['cmce', null, second],
      ]);
    });

    it('ends what no host may have yet: a target waits again, another upgrade is refused', async () => {
      await used.report({ h1: ['acme'], h2: ['bmce'] });
      const id = await used.start({ selection: parseSelection('slug=acme') });
      await used.step(id, { starts: [{ slug: 'acme', expires_at }] }, { isOffered: () => false });
      const single = await order('bmce');
      await add('all', { created_at: now });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'waiting', attempt: 1, frozen_by: 'all' });
      expect(await opened.store.upgrades.readResult(single.id)).toMatchObject({
        status: 'refused',
        failure: { code: 'frozen' },
      });
    });

    it('that begins later refuses what its host would get then', async () => {
      await used.report({ h1: ['acme'] });
      const single = await order('acme');
      await add('soon', { begins_at: '2026-01-01T00:30:00.000Z' });
      expect(await opened.store.upgrades.find(single.id)).toMatchObject({ status: 'queued' });
      expect(await opened.store.orders.offer('h1', '2026-01-01T00:30:00.000Z')).toEqual([]);
      expect(await opened.store.upgrades.readResult(single.id)).toMatchObject({ failure: { code: 'frozen' } });
    });

    it('has a name of its own until it has ended, and ends once', async () => {
      await add('xmas');
      await expect(add('xmas')).rejects.toMatchObject({ code: 'busy' });
      const { freezes } = opened.store;
      expect(await freezes.end('xmas', change)).toMatchObject({ name: 'xmas', ends_at: now });
      await expect(freezes.end('xmas', { ...change, at: later })).rejects.toMatchObject({ code: 'unknown-freeze' });
      await expect(freezes.except('xmas', ['acme'], { ...change, at: later })).rejects.toMatchObject({
        code: 'unknown-freeze',
      });
      await add('xmas', { created_at: later, begins_at: later });
      const { items } = await freezes.list({ limit: 9, now }, null);
      expect(items.map(({ ends_at }) => ends_at)).toEqual([null, now]);
      const audit = await opened.store.seenBy(null).listAudit({ limit: 9 });
      expect(audit.items.map(({ action, target }) => [action, target])).toEqual([
        ['freeze.start', 'xmas'],
        ['freeze.end', 'xmas'],
        ['freeze.start', 'xmas'],
      ]);
    });

    it('shows a scope those of its tenants only, and its exceptions', async () => {
      await used.report({ h1: ['acme', 'bmce'] });
      await add('one', { where: 'slug=acme' });
      await add('two', { where: 'slug=bmce' });
      await add('all');
      const { freezes } = opened.store;
      const excepted = await freezes.except('all', ['acme', 'bmce', 'acme'], change);
      expect(excepted.exceptions).toEqual([
        { slug: 'acme', by: 'tester', why: 'a test', at: now },
        { slug: 'bmce', by: 'tester', why: 'a test', at: now },
      ]);
      const list = async (scope: string | null, limit = 9, cursor?: string) =>
        freezes.list(
          { limit, now, ...(cursor === undefined ? {} : { cursor }) },
          scope === null ? null : parseScope(scope),
        );
      expect((await list(null)).items.map((freeze) => freeze.name)).toEqual(['all', 'two', 'one']);
      const seen = (await list('slug=acme')).items;
      expect(seen.map((freeze) => [freeze.name, freeze.exceptions.map(({ slug }) => slug)])).toEqual([
        ['all', ['acme']],
        ['one', []],
      ]);
      const first = await list('slug=acme', 1);
      expect((await list('slug=acme', 1, first.next ?? '')).items).toMatchObject([{ name: 'one' }]);
    });
  });
}
