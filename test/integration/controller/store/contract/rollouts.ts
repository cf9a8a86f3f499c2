// What every store promises of lists of rollouts, and of what people change of them.
import { describe, expect, it } from 'vitest';
import { webhookDataSchemas, webhookEventKinds } from '../../../../../shared/model/webhook_events.js';
import { parseScope, parseSelection } from '../../../../../shared/selection/parse_selection.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { beginOf, finishOf, stampEvents } from '../../../../helpers/controller/stored_streams.js';
import { expires_at, later, showTargets, useRollouts } from './use_rollouts.js';
import { now, tester, useStore, type OpenedStore } from './use_store.js';

/** Holds an adapter against this part of the contract. */
export function describeRollouts(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);
  const used = useRollouts(opened);

  describe(`rollouts in ${name}`, () => {
    it('are listed by who sees a tenant of them, who sees no other tenant of them', async () => {
      await used.report({ h1: ['acme', 'bmce'] });
      const both = await used.start();
      await used.step(both, { becomes: { state: 'done', why: null } });
      const one = await used.start({ selection: parseSelection('slug=acme') });
      const { rollouts } = opened.store;
      const scope = parseScope('slug=bmce');
      const list = async (of: typeof scope | null) => (await rollouts.list({ limit: 9 }, of)).items.map(({ id }) => id);
      expect([await list(null), await list(scope)]).toEqual([[one, both], [both]]);
      expect([await rollouts.find(one, scope), await rollouts.read(one, scope)]).toEqual([null, null]);
      expect((await rollouts.read(both, scope))?.targets.map(({ slug }) => slug)).toEqual(['bmce']);
      expect(await rollouts.find(both, scope)).toMatchObject({ id: both, counts: null });
      expect((await rollouts.listTargets(both, { limit: 9 }, scope)).items.map(({ slug }) => slug)).toEqual(['bmce']);
      const pages = await rollouts.list({ limit: 1 }, null);
      expect((await rollouts.list({ limit: 1, cursor: pages.next ?? '' }, null)).items).toMatchObject([{ id: both }]);
    });

    it('are changed only by who sees all of their tenants, each time with an entry in the audit log', async () => {
      await used.report({ h1: ['acme', 'bmce'] });
      const id = await used.start();
      const { rollouts } = opened.store;
      const pause = (scope: ReturnType<typeof parseScope> | null) =>
        rollouts.change(id, () => ({ state: 'paused', why: 'lunch' }), {
          actor: tester,
          action: 'rollout.pause',
          at: later,
          scope,
        });
      await expect(pause(parseScope('slug=acme'))).rejects.toMatchObject({ code: 'forbidden' });
      await expect(pause(parseScope('slug=zzz'))).rejects.toMatchObject({ code: 'unknown-rollout' });
      expect(await pause(parseScope('slug~*'))).toMatchObject({ state: 'paused', why: 'lunch', since: later });
      await expect(used.change(id, new Error('no'))).rejects.toThrow('no');
      await expect(used.change(makeId(), {})).rejects.toMatchObject({ code: 'unknown-rollout' });
      const { items } = await opened.store.seenBy(null).listAudit({ limit: 9 });
      expect(items.map(({ action }) => action)).toEqual(['rollout.pause', 'rollout.start']);
    });

    it('are paused together with the end of what was never offered', async () => {
      await used.report({ h1: ['acme'], h2: ['bmce'] });
      const id = await used.start();
      const starts = ['acme', 'bmce'].map((slug) => ({ slug, expires_at }));
      await used.step(id, { starts }, { isOffered: (host) => host === 'h1' });
      const [, offered] = await Promise.all([
        used.change(id, { state: 'paused', why: 'lunch' }),
        opened.store.orders.offer('h2', later),
      ]);
      expect(offered).toEqual([]);
      expect(showTargets(await used.read(id))).toEqual(['acme offered', 'bmce waiting']);
    });

    it('take new budgets, classes, waves and directions', async () => {
      await used.report({ h1: ['acme'] });
      const id = await used.start({ approved: ['a'] });
      const change = { budget: 9, approve: ['a', 'b'], approve_wave: 0, direction: 'back' } as const;
      expect(await used.change(id, change)).toMatchObject({
        budget: 9,
        approved: ['a', 'b'],
        direction: 'back',
        waves: [{ no: 0, approved_at: later }],
      });
    });

    it('run every plan where they did, also once a wave is approved', async () => {
      await used.report({ h1: ['acme'] });
      const id = await used.start({ approved: null });
      expect(await used.change(id, { approve: [], approve_wave: 0 })).toMatchObject({ approved: null });
    });

    it('go on to roll back after their end, unless a tenant is in another one by then', async () => {
      await used.report({ h1: ['acme'] });
      const id = await used.start();
      await used.step(id, { becomes: { state: 'done', why: null } });
      const other = await used.start();
      const back = { state: 'running', direction: 'back' } as const;
      await expect(used.change(id, back)).rejects.toMatchObject({ code: 'overlap' });
      await used.step(other, { becomes: { state: 'aborted', why: null } });
      expect(await used.change(id, back)).toMatchObject({ state: 'running', ended_at: null });
      await expect(used.start()).rejects.toMatchObject({ code: 'overlap' });
    });

    it('tell webhooks without a scope that they start, halt and end', async () => {
      await used.report({ h1: ['acme'] });
      for (const scope of [null, 'slug=acme']) {
        const about = { name: scope ?? 'all', url: 'https://hooks.example.com/in', secret: 'whsec_c2VjcmV0' };
        const made = { id: makeId(), ...about, scope, events: webhookEventKinds, created_at: now, created_by: null };
        const entry = { ...tester, at: now, action: 'webhooks.create', tenant: null, host: null, target: about.name };
        await opened.store.webhooks.add(made, entry);
      }
      const id = await used.start();
      await used.step(id, { becomes: { state: 'halted', why: '3 failures' } });
      await used.step(id, { becomes: { state: 'halted', why: '4 failures' } });
      await used.step(id, { becomes: { state: 'aborted', why: null } });
      const told = async (name: string) =>
        (await opened.store.webhooks.listDeliveries(name, { limit: 9 })).items.map(({ kind }) => kind).toReversed();
      expect(await told('all')).toEqual(['rollout.started', 'rollout.halted', 'rollout.ended']);
      expect(await told('slug=acme')).toEqual([]);
      const [webhook] = await opened.store.webhooks.list();
      const first = await opened.store.webhooks.findFirst(webhook?.id ?? '');
      const data: unknown = JSON.parse(first?.data ?? '');
      expect(webhookDataSchemas['rollout.started'].parse(data)).toMatchObject({ rollout: id, version: 'v0.2.0' });
    });

    it('are all paused at once', async () => {
      await used.report({ h1: ['acme'], h2: ['bmce'] });
      const [one, two] = [parseSelection('slug=acme'), parseSelection('slug=bmce')];
      const ids = [await used.start({ selection: one }), await used.start({ selection: two })];
      expect(await opened.store.rollouts.pauseAll('restored')).toBe(2);
      for (const id of ids) expect((await used.read(id)).rollout).toMatchObject({ state: 'paused', why: 'restored' });
    });

    it('learn attempts that the store does not know, and pause', async () => {
      await used.report({ h1: ['acme', 'bmce'] });
      const id = await used.start();
      const unknown = makeId();
      const begin = { ...beginOf(unknown, 'acme', 'h1'), rollout: { id, attempt: 3 } };
      await opened.storeAll(
        unknown,
        stampEvents([begin]).map((event) => ({ event })),
      );
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'running', attempt: 3, upgrade: unknown });
      expect((await used.read(id)).rollout).toMatchObject({
        state: 'paused',
        why: expect.stringContaining('restored'),
      });
      // An attempt that the store knows changes nothing.
      await used.change(id, { state: 'running', why: null });
      await used.step(id, { starts: [{ slug: 'bmce', expires_at }] });
      await used.play(id, 'bmce', finishOf());
      expect((await used.read(id)).rollout).toMatchObject({ state: 'running' });
      // An attempt of a rollout that it does not know is an upgrade like others.
      const foreign = makeId();
      const lost = { ...beginOf(foreign, 'bmce', 'h1'), rollout: { id: makeId(), attempt: 1 } };
      await opened.storeAll(
        foreign,
        stampEvents([lost, finishOf()]).map((event) => ({ event })),
      );
      expect(await opened.store.upgrades.find(foreign)).toMatchObject({ status: 'success' });
      expect((await used.read(id)).rollout).toMatchObject({ state: 'running' });
    });
  });
}
