// What every store says of the targets of a rollout.
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../../../../../shared/model/journal/events.js';
import { planClassOf } from '../../../../../shared/model/plan/plan_class.js';
import { begin as begun, plan } from '../../../../unit/shared/terminal/streams.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { beginOf, finishOf, stampEvents } from '../../../../helpers/controller/stored_streams.js';
import { expires_at, failed, later, useRollouts } from './use_rollouts.js';
import { tester, upgradeOrder, useStore, type OpenedStore } from './use_store.js';

/** Holds an adapter against this part of the contract. */
export function describeRolloutTargets(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);
  const used = useRollouts(opened);

  async function start(...slugs: string[]): Promise<string> {
    await used.report({ h1: slugs });
    const id = await used.start();
    await used.step(id, { starts: slugs.map((slug) => ({ slug, expires_at })) });
    return id;
  }

  describe(`a target of a rollout in ${name}`, () => {
    it('runs from the first event of its journal, and ends with the last', async () => {
      const id = await start('acme', 'bmce');
      const upgrade = await used.play(id, 'acme');
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'running', ended_at: null, upgrade });
      expect((await used.target(id, 'acme')).began_at).not.toBeNull();
      await used.play(id, 'bmce', finishOf());
      expect(await used.target(id, 'bmce')).toMatchObject({ stage: 'ended', outcome: 'success' });
      const { latest } = await used.read(id);
      expect(['acme', 'bmce'].filter((slug) => latest.has(slug))).toEqual(['bmce']);
      expect((await used.target(id, 'bmce')).ended_at).not.toBeNull();
    });

    it('that failed has a signature, and is known as failed at this commit until it is said to be mended', async () => {
      const id = await start('acme', 'bmce');
      await used.play(id, 'acme', failed);
      const signature = 'migrate | - | exit N in PATH';
      expect(await used.target(id, 'acme')).toMatchObject({
        outcome: 'rolled_back',
        signature,
        failed_before: signature,
      });
      expect(await used.target(id, 'bmce')).toMatchObject({ failed_before: null });
      await used.change(id, { retry: ['acme'] });
      expect(await used.target(id, 'acme')).toMatchObject({
        stage: 'waiting',
        attempt: 1,
        upgrade: null,
        retried_at: later,
        failed_before: signature,
      });
      await used.change(id, { fixed: ['acme'] });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'waiting', failed_before: null });
      await used.step(id, { starts: [{ slug: 'acme', expires_at }] });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'offered', attempt: 2 });
    });

    it('that failed and then succeeds at the same commit did not fail there', async () => {
      const id = await start('acme');
      await used.play(id, 'acme', failed);
      await used.change(id, { retry: ['acme'] });
      await used.step(id, { starts: [{ slug: 'acme', expires_at }] });
      await used.play(id, 'acme', finishOf());
      expect(await used.target(id, 'acme')).toMatchObject({ outcome: 'success', failed_before: null });
    });

    it.each([
      { code: 'plan-changed', outcome: 'plan_changed' },
      { code: 'expired', outcome: 'expired' },
      { code: 'moved-head', outcome: 'refused' },
    ])('that its host refuses with $code is $outcome', async ({ code, outcome }) => {
      const id = await start('acme');
      const { upgrade } = await used.target(id, 'acme');
      const failure = { step: null, code, message: code, output_tail: '', needs_operator: false };
      await opened.store.orders.endUnbegun(upgrade ?? '', { status: 'refused', at: later, failure });
      const isCounted = outcome === 'refused';
      const target = await used.target(id, 'acme');
      expect(target).toMatchObject({ stage: 'ended', outcome, ended_at: later });
      expect([target.signature !== null, target.failed_before !== null]).toEqual([isCounted, isCounted]);
    });

    it('has the class of the plan that its host made, and waits again once that is approved', async () => {
      await used.report({ h1: ['acme'] });
      const fleetPlan = makeId();
      const asked = { id: fleetPlan, version: null, where: null, selection: null, scope: null, at: later };
      await opened.store.fleetPlans.add(asked, tester);
      const approved = 'a'.repeat(64);
      const tenants = [{ tenant: 'acme', plan_class: approved, error: null }];
      await opened.store.fleetPlans.note(fleetPlan, { host: 'h1', classes: [{ plan_class: approved, plan }], tenants });
      const id = await used.start({ plan: fleetPlan, approved: [approved] });
      await used.step(id, { starts: [{ slug: 'acme', expires_at }] });
      const { upgrade } = await used.target(id, 'acme');
      const failure = { step: null, code: 'plan-changed', message: 'no', output_tail: '', needs_operator: false };
      const begin: EventBody = { ...begun, id: upgrade ?? '', tenant: 'acme', host: 'h1' };
      const end: EventBody = { type: 'finish', status: 'refused', current_version: null, hold: null, failure };
      await opened.storeAll(
        upgrade ?? '',
        stampEvents([begin, end]).map((event) => ({ event })),
      );
      const plan_class = planClassOf(plan);
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'ended', outcome: 'plan_changed', plan_class });
      await used.change(id, { approve: [plan_class] });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'waiting', outcome: null, plan_class });
      const placed = await used.step(id, { starts: [{ slug: 'acme', expires_at }] });
      expect(placed).toMatchObject([{ order: { plan_class, rollout: { id, attempt: 2 } } }]);
    });

    it('that needs an operator says so', async () => {
      const id = await start('acme');
      const failure = { step: null, code: 'io', message: 'down', output_tail: '', needs_operator: true };
      await used.play(id, 'acme', {
        type: 'finish',
        status: 'failed',
        current_version: null,
        hold: 'undo-failed',
        failure,
      });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'ended', outcome: 'needs_operator' });
    });

    it('is busy with another upgrade, and not the latest once that has ended', async () => {
      const id = await start('acme');
      await used.play(id, 'acme', finishOf());
      const single = { ...upgradeOrder(makeId()), tenant: 'acme' };
      await opened.add(single);
      expect(await used.target(id, 'acme')).toMatchObject({ other_upgrade: single.id });
      expect((await used.read(id)).latest.has('acme')).toBe(false);
      expect((await used.read(id)).busy).toEqual(new Map([['h1', 1]]));
      await opened.storeAll(
        single.id,
        stampEvents([beginOf(single.id, 'acme', 'h1'), finishOf()]).map((event) => ({ event })),
      );
      expect(await used.target(id, 'acme')).toMatchObject({ other_upgrade: null });
      expect((await used.read(id)).latest.has('acme')).toBe(false);
      expect((await used.read(id)).busy).toEqual(new Map());
    });

    it('that was waived counts as that', async () => {
      const id = await start('acme');
      await used.play(id, 'acme', failed);
      await used.change(id, { waive: ['acme'] });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'waived', outcome: null });
    });

    it('is on the host that has it now', async () => {
      await used.report({ h1: ['acme'], h2: ['bmce'] });
      const id = await used.start();
      await opened.store.slugs.move('acme', 'h2', { at: later, actor: tester });
      expect(await used.target(id, 'acme')).toMatchObject({ host: 'h2', version: null });
    });

    it('is listed in order of wave and slug, in pages, with its steps', async () => {
      await used.report({ h1: ['acme', 'bmce', 'cmce', 'dmce'] });
      const id = await used.start();
      await used.step(id, { starts: [{ slug: 'bmce', expires_at }] });
      await used.play(id, 'bmce', { type: 'step-begin', step: 'backup-database', stage: 'run' });
      const { rollouts } = opened.store;
      const first = await rollouts.listTargets(id, { limit: 3 }, null);
      expect(first.items.map(({ slug, wave }) => [slug, wave])).toEqual([
        ['acme', 0],
        ['bmce', 0],
        ['cmce', 1],
      ]);
      expect(first.items[1]).toMatchObject({ step: 'backup-database', upgrade_version: 'v0.2.0', version: 'v0.1.0' });
      expect(first.items[1]?.steps).toMatchObject([{ name: 'backup-database', status: 'running' }]);
      const rest = await rollouts.listTargets(id, { limit: 3, cursor: first.next ?? '' }, null);
      expect([rest.items.map(({ slug }) => slug), rest.next]).toEqual([['dmce'], null]);
      const running = await rollouts.listTargets(id, { limit: 3, stage: 'running' }, null);
      expect(running.items.map(({ slug }) => slug)).toEqual(['bmce']);
      const wave = await rollouts.listTargets(id, { limit: 3, wave: 1, stage: 'waiting' }, null);
      expect(wave.items.map(({ slug }) => slug)).toEqual(['cmce', 'dmce']);
    });
  });
}
