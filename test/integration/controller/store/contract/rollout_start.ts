// What every store promises of the start of a rollout.
import { describe, expect, it } from 'vitest';
import { parseScope, parseSelection } from '../../../../../shared/selection/parse_selection.js';
import { arrange, commit, newRollout, showTargets, useRollouts } from './use_rollouts.js';
import { now, tester, useStore, type OpenedStore } from './use_store.js';

/** Holds an adapter against this part of the contract. */
export function describeRolloutStart(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);
  const used = useRollouts(opened);

  describe(`the start of a rollout in ${name}`, () => {
    it('fixes its tenants: those that the selection selects, in waves; what is there already is skipped', async () => {
      await used.report({ h1: ['acme', 'bmce', 'cmce'], h2: ['other'] });
      await used.report({ h3: ['above'] }, 'v0.3.0');
      await used.report({ h4: ['there'] }, 'v0.2.0');
      await used.report({ h5: ['alien'] }, 'w-v0.9.0');
      const where = 'slug!=other';
      const id = await used.start({ where, selection: parseSelection(where) });
      const { rollout, targets } = await used.read(id);
      expect(rollout).toMatchObject({
        version: 'v0.2.0',
        commit,
        where,
        state: 'running',
        direction: 'forward',
        since: now,
        budget: 3,
        approved: null,
        canary_misses: ['no host h9'],
        created_by: 'tester',
        ended_at: null,
        counts: null,
        waves: [
          { no: 0, name: 'canary', opened_at: null, passed_at: null, approved_at: null },
          { no: 1, name: 'rest', opened_at: null, passed_at: null, approved_at: null },
        ],
      });
      expect(targets.map(({ slug, wave, stage }) => [slug, wave, stage])).toEqual([
        ['above', null, 'skipped'],
        ['acme', 0, 'waiting'],
        ['alien', 0, 'waiting'],
        ['bmce', 1, 'waiting'],
        ['cmce', 1, 'waiting'],
        ['there', null, 'skipped'],
      ]);
      expect(targets[1]).toMatchObject({ host: 'h1', version: 'v0.1.0', attempt: 0, upgrade: null });
      // A tenant that is reported later is none of it.
      await used.report({ h6: ['new'] });
      expect((await used.read(id)).targets).toHaveLength(6);
      expect(await opened.store.rollouts.listOpen()).toEqual([id]);
    });

    it('is refused for a selection that matches nothing, and for tenants that an open rollout has', async () => {
      const all = { arrange, isConnected: () => true, key: null, actor: tester };
      const { rollouts } = opened.store;
      await expect(rollouts.start(newRollout(), all)).rejects.toMatchObject({ code: 'invalid' });
      await used.report({ h1: ['acme', 'bmce'], h2: ['cmce'] });
      const first = await used.start({ selection: parseSelection('slug=bmce') });
      await expect(rollouts.start(newRollout(), all)).rejects.toMatchObject({
        code: 'overlap',
        message: expect.stringContaining(`bmce is in the rollout ${first}`),
      });
      expect(await rollouts.listOpen()).toEqual([first]);
      await used.step(first, { becomes: { state: 'done', why: null } });
      const second = await used.start();
      expect(await rollouts.listOpen()).toEqual([second]);
    });

    it('skips tenants without being in the way of their next rollout', async () => {
      await used.report({ h1: ['acme'] }, 'v0.2.0');
      await used.start();
      const next = await used.start({ version: 'v0.3.0' });
      expect(showTargets(await used.read(next))).toEqual(['acme waiting']);
    });

    it('is the same for the same key, and has an entry in the audit log', async () => {
      await used.report({ h1: ['acme'] });
      const key = { owner: 'a', key: 'k', fingerprint: 'one' };
      const [first, ...repeated] = await Promise.all(Array.from({ length: 100 }, () => used.start({}, key)));
      expect(new Set([first, ...repeated]).size).toBe(1);
      await expect(used.start({}, { ...key, fingerprint: 'two' })).rejects.toMatchObject({ code: 'key-reused' });
      const { items } = await opened.store.seenBy(null).listAudit({ limit: 9 });
      expect(items).toMatchObject([{ action: 'rollout.start', target: first, name: 'tester', reason: 'a test' }]);
    });

    it('gives `arrange` what it knows of each tenant, and takes only tenants that the asker sees', async () => {
      await used.report({ h1: ['acme'], h2: ['bmce'] });
      const seen: unknown[] = [];
      await opened.store.rollouts.start(newRollout({ scope: parseScope('slug=bmce') }), {
        arrange(candidates) {
          seen.push(...candidates);
          return arrange(candidates);
        },
        isConnected: (host) => host === 'h2',
        key: null,
        actor: tester,
      });
      expect(seen).toEqual([{ slug: 'bmce', host: 'h2', version: 'v0.1.0', plan_class: null, is_connected: true }]);
    });

    it('leaves out tenants that their host no longer reports', async () => {
      await used.report({ h1: ['acme', 'bmce'] });
      await used.report({ h1: ['acme'] });
      const id = await used.start();
      expect(showTargets(await used.read(id))).toEqual(['acme waiting']);
    });
  });
}
