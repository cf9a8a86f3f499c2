// What every store promises of fleet plans.
import { describe, expect, it } from 'vitest';
import type { FleetPlanStore } from '../../../../../controller/store/fleet_plans.js';
import { controllerLimits } from '../../../../../controller/limits.js';
import { parseScope, parseSelection } from '../../../../../shared/selection/parse_selection.js';
import { planSchema, type Plan } from '../../../../../shared/model/plan/plan.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { plan as somePlan } from '../../../../unit/shared/terminal/streams.js';
import { commit, later, useRollouts } from './use_rollouts.js';
import { now, tester, useStore, type OpenedStore } from './use_store.js';

const planOf = (tenant: string, change: Partial<Plan> = {}): Plan =>
  planSchema.parse({ ...somePlan, tenant, host: 'h1', target: { version: 'v0.2.0', commit }, ...change });
const [classA, classB] = ['a'.repeat(64), 'b'.repeat(64)];
const offline = { code: 'offline', message: 'h3 was offline', hint: null };
const answer = (tenant: string, plan_class: string | null) => ({
  tenant,
  plan_class,
  error: plan_class === null ? { code: 'busy', message: `${tenant} is busy`, hint: null } : null,
});

/** Holds an adapter against this part of the contract. */
export function describeFleetPlans(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);
  const used = useRollouts(opened);

  async function add(change: Partial<Parameters<FleetPlanStore['add']>[0]> = {}): Promise<string> {
    const id = makeId();
    const plan = { id, version: null, where: null, selection: null, scope: null, at: now, ...change };
    await opened.store.fleetPlans.add(plan, tester);
    return id;
  }
  const finish = (id: string, state: 'done' | 'cancelled' = 'done') =>
    opened.store.fleetPlans.finish(id, { state, at: later, unplanned: offline, actor: null });

  describe(`a fleet plan in ${name}`, () => {
    it('is of the tenants that are there when it is asked for', async () => {
      const { fleetPlans } = opened.store;
      await expect(add()).rejects.toMatchObject({ code: 'invalid' });
      await used.report({ h1: ['acme', 'bmce'], h2: ['cmce', 'other'] });
      const where = 'slug!=other';
      const id = await add({ version: 'v0.2.0', where, selection: parseSelection(where) });
      await used.report({ h3: ['new'] });
      expect(await fleetPlans.listUnplanned(id)).toEqual(
        new Map([
          ['h1', ['acme', 'bmce']],
          ['h2', ['cmce']],
        ]),
      );
      expect(await fleetPlans.find(id, null)).toEqual({
        id,
        version: 'v0.2.0',
        where,
        state: 'running',
        created_at: now,
        created_by: 'tester',
        finished_at: null,
        hosts: 2,
        tenants: 3,
        planned: 0,
        pin: null,
        disagreeing: [],
      });
      expect(await fleetPlans.listRunning()).toEqual([id]);
      const { items } = await opened.store.seenBy(null).listAudit({ limit: 9 });
      expect(items).toMatchObject([{ action: 'rollout.plan', target: id }]);
    });

    it('stores what hosts answer of their own tenants, once, and pins what most of them see', async () => {
      const { fleetPlans } = opened.store;
      await used.report({ h1: ['acme', 'bmce', 'cmce'], h2: ['dmce'] });
      const id = await add();
      const other = planOf('bmce', { target: { version: 'v0.2.0', commit: 'd'.repeat(40) } });
      await fleetPlans.note(id, {
        host: 'h1',
        classes: [
          { plan_class: classA, plan: planOf('acme') },
          { plan_class: classB, plan: other },
        ],
        tenants: [answer('acme', classA), answer('bmce', classB), answer('dmce', classA), answer('none', classA)],
      });
      await fleetPlans.note(id, { host: 'h1', classes: [], tenants: [answer('acme', null), answer('cmce', classA)] });
      expect(await fleetPlans.listUnplanned(id)).toEqual(new Map([['h2', ['dmce']]]));
      expect(await fleetPlans.find(id, null)).toMatchObject({
        planned: 3,
        pin: { version: 'v0.2.0', commit },
        disagreeing: [{ commit: 'd'.repeat(40), tenants: 1 }],
      });
      expect(await fleetPlans.listClasses(id, null)).toEqual([
        { plan_class: classA, tenants: 2, examples: ['acme', 'cmce'], plan: planOf('acme') },
        { plan_class: classB, tenants: 1, examples: ['bmce'], plan: other },
      ]);
      expect(await fleetPlans.listFailed(id, null)).toEqual([]);
    });

    it('ends with those failed that nobody has planned, and takes no answer after that', async () => {
      const { fleetPlans } = opened.store;
      await used.report({ h1: ['acme', 'bmce'], h3: ['cmce', 'dmce'] });
      const id = await add();
      const classes = [{ plan_class: classA, plan: planOf('acme') }];
      await fleetPlans.note(id, { host: 'h1', classes, tenants: [answer('acme', classA), answer('bmce', null)] });
      await finish(id);
      await fleetPlans.note(id, { host: 'h3', classes, tenants: [answer('cmce', classA)] });
      await finish(id, 'cancelled');
      expect(await fleetPlans.find(id, null)).toMatchObject({
        state: 'done',
        finished_at: later,
        hosts: 2,
        tenants: 4,
        planned: 1,
        pin: { commit },
      });
      expect(await fleetPlans.listFailed(id, null)).toEqual([
        { code: 'offline', message: 'h3 was offline', tenants: 2, examples: ['cmce', 'dmce'] },
        { code: 'busy', message: 'bmce is busy', tenants: 1, examples: ['bmce'] },
      ]);
      expect([await fleetPlans.listRunning(), await fleetPlans.listUnplanned(id)]).toEqual([[], new Map()]);
    });

    it('shows a scope only its own tenants, and no other one’s plan', async () => {
      const { fleetPlans } = opened.store;
      await used.report({ h1: ['acme', 'bmce'], h2: ['secret'] });
      const id = await add();
      const plan = planOf('acme', {
        disk: [{ folder: '/srv/acme', needed_bytes: 1, free_bytes: 2 }],
        warnings: ['/srv/acme'],
      });
      const classes = [{ plan_class: classA, plan }];
      await fleetPlans.note(id, { host: 'h1', classes, tenants: [answer('acme', classA), answer('bmce', classA)] });
      const scope = parseScope('slug=bmce');
      expect(await fleetPlans.find(id, scope)).toMatchObject({ tenants: 1, hosts: 1, planned: 1 });
      const seen = await fleetPlans.listClasses(id, scope);
      expect(seen).toMatchObject([{ tenants: 1, examples: ['bmce'], plan: { tenant: 'bmce', target: { commit } } }]);
      expect(JSON.stringify(seen)).not.toContain('acme');
      expect(JSON.stringify(await fleetPlans.listClasses(id, parseScope('slug=acme')))).toContain('/srv/acme');
      const blind = parseScope('slug=none');
      expect(await fleetPlans.find(id, blind)).toBeNull();
      expect((await fleetPlans.list({ limit: 9 }, blind)).items).toEqual([]);
      expect((await fleetPlans.list({ limit: 9 }, scope)).items).toMatchObject([{ id, tenants: 1 }]);
    });

    it('gives a rollout its tenants and their classes', async () => {
      const { fleetPlans } = opened.store;
      await used.report({ h1: ['acme', 'bmce'] });
      const plan = await add({ selection: parseSelection('slug=acme') });
      const classes = [{ plan_class: classA, plan: planOf('acme') }];
      await fleetPlans.note(plan, { host: 'h1', classes, tenants: [answer('acme', classA)] });
      await finish(plan);
      const id = await used.start({ plan, approved: [classA] });
      expect((await used.read(id)).targets).toMatchObject([{ slug: 'acme', plan_class: classA, stage: 'waiting' }]);
      const placed = await used.step(id, { starts: [{ slug: 'acme', expires_at: later }] });
      expect(placed).toMatchObject([{ order: { plan_class: classA } }]);
    });

    it('is removed when there are too many newer ones, unless an open rollout names it', async () => {
      const { fleetPlans } = opened.store;
      await used.report({ h1: ['acme'] });
      const ids = [await add(), await add(), await add(), await add()];
      for (const id of ids.slice(0, 3)) await finish(id);
      await used.start({ plan: ids[0] ?? null });
      await fleetPlans.prune(1);
      const left = await fleetPlans.list({ limit: 9 }, null);
      expect(left.items.map(({ id }) => id)).toEqual([ids[3], ids[2], ids[0]]);
    });

    it('is not begun while too many are made', async () => {
      const { fleetPlans } = opened.store;
      await used.report({ h1: ['acme'] });
      const ids = [];
      for (let no = 0; no < controllerLimits.runningPlans.max; no += 1) ids.push(await add());
      await expect(add()).rejects.toMatchObject({ code: 'too-many' });
      expect(await fleetPlans.listRunning()).toEqual(ids);
      await finish(ids[0] ?? '');
      await expect(add()).resolves.toBeTypeOf('string');
    });

    it('has no room for the plans of a host beyond its limit: their tenants have failed', async () => {
      const { fleetPlans } = opened.store;
      await used.report({ h1: ['acme', 'bmce'], h2: ['cmce'] });
      const id = await add();
      const hooks = Array.from({ length: 3000 }, (_, n) => ({
        tag: `v0.${n}.0`,
        phase: 'post-pull' as const,
        file: `v0.${n}.0.sh`,
        sha256: 'e'.repeat(64),
        interpreter: ['/bin/bash'],
        mark: null,
      }));
      const large = planOf('acme', { hooks });
      const count = Math.ceil(controllerLimits.planBytes.max / JSON.stringify(large).length) + 1;
      const classes = Array.from({ length: count }, (_, n) => ({
        plan_class: String(n).padStart(64, '0'),
        plan: large,
      }));
      const last = classes.at(-1)?.plan_class ?? '';
      const tenants = [answer('acme', classes[0]?.plan_class ?? ''), answer('bmce', last)];
      await fleetPlans.note(id, { host: 'h1', classes, tenants });
      const small = [{ plan_class: last, plan: planOf('cmce') }];
      await fleetPlans.note(id, { host: 'h2', classes: small, tenants: [answer('cmce', last)] });
      expect(await fleetPlans.find(id, null)).toMatchObject({ planned: 2 });
      expect(await fleetPlans.listFailed(id, null)).toMatchObject([{ code: 'too-large', examples: ['bmce'] }]);
    });
  });
}
