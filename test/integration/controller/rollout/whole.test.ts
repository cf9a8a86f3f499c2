// Fleet plans and rollouts from their start to their end, with agents in memory at a real core.
import { expect, it } from 'vitest';
import { commitOf, targetVersion } from '../../../helpers/controller/simulated_plans.js';
import { openSimulatedFleet } from '../../../helpers/controller/simulated_fleet.js';

const tenantsOf = (host: string, count: number) => Array.from({ length: count }, (_, no) => `${host}-${no}`);
const kindOf = (slug: string) => (slug === 'h2-0' ? 'blocked' : slug.endsWith('-4') ? 'b' : 'a');
const sixHosts = Object.fromEntries(['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((host) => [host, tenantsOf(host, 5)]));

it('a fleet plan groups the tenants of all hosts by class, the largest first, and is stored', async () => {
  const fleet = await openSimulatedFleet({ hosts: sixHosts, tenantOf: (slug) => ({ kind: kindOf(slug) }) });
  const plan = await fleet.planWhole();
  expect(plan).toMatchObject({
    pin: { version: targetVersion, commit: commitOf(targetVersion) },
    disagreeing: [],
    hosts: 6,
    tenants: 30,
    planned: 30,
    failed: [],
    classes: [
      { letter: 'A', tenants: 23, is_blocked: false },
      { letter: 'B', tenants: 6, is_blocked: false },
      { letter: 'C', tenants: 1, is_blocked: true, examples: ['h2-0'] },
    ],
  });
  await fleet.killController();
  expect(await fleet.rollouts.findPlan(plan.id)).toEqual(plan);
});

it('a rollout starts its canary on several hosts and in each approved class, then its waves, and is done', async () => {
  const fleet = await openSimulatedFleet({
    hosts: sixHosts,
    tenantOf: (slug) => ({ kind: slug.endsWith('-4') ? 'b' : 'a' }),
  });
  const plan = await fleet.planWhole();
  const approve = plan.classes.map(({ plan_class: own }) => own.slice(0, 12));
  const { id } = await fleet.start({ plan: plan.id, approve, canary: '3', waves: ['20%'], max_parallel: 4 });
  const done = await fleet.untilState(id, 'done');
  expect(done).toMatchObject({ counts: { total: 30, succeeded: 30, counted: 0 }, canary_misses: expect.any(Array) });
  expect(done.wave_list.map(({ name, tenants, state }) => [name, tenants, state])).toEqual([
    ['canary', 3, 'passed'],
    ['20%', 6, 'passed'],
    ['rest', 21, 'passed'],
  ]);
  const targets = await fleet.targets(id);
  const canary = targets.filter(({ wave }) => wave === 0);
  expect(new Set(canary.map(({ host }) => host)).size).toBe(3);
  expect(new Set(canary.map(({ plan_class: own }) => own)).size).toBe(2);
  // Nothing of a wave began before all of the one before had ended.
  const waveOf = new Map(targets.map(({ slug, wave }) => [slug, wave]));
  const order = fleet.seen.flatMap(({ what, slug }) => (what === 'begin' ? [waveOf.get(slug) ?? -1] : []));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(order).toHaveLength(30);
  // Never more than may run at once, and one on each host.
  const running = new Map<string, number>();
  for (const { what, host } of fleet.seen) {
    if (what === 'begin') running.set(host, (running.get(host) ?? 0) + 1);
    if (what === 'end') running.set(host, (running.get(host) ?? 0) - 1);
    expect(running.get(host) ?? 0).toBeLessThanOrEqual(1);
    expect([...running.values()].reduce((sum, own) => sum + own, 0)).toBeLessThanOrEqual(4);
  }
});

it('without a plan three hosts are asked for the tag; where they disagree it starts only with the commit named', async () => {
  const other = 'd'.repeat(40);
  const fleet = await openSimulatedFleet({
    hosts: { h1: ['anna'], h2: ['bert'], h3: ['cora'] },
    tenantOf: (slug) => (slug === 'bert' ? { commit: other } : {}),
  });
  await expect(fleet.start()).rejects.toMatchObject({
    code: 'moved-tag',
    message: expect.stringContaining('disagree'),
  });
  await expect(fleet.start({ commit: 'e'.repeat(40) })).rejects.toMatchObject({ code: 'moved-tag' });
  expect((await fleet.rollouts.list({ limit: 10 })).items).toEqual([]);
  const { id } = await fleet.start({ commit: commitOf(targetVersion), canary: '2', failures: '2' });
  // The tenant whose remote has another commit refuses.
  await fleet.untilState(id, 'done');
  const targets = await fleet.targets(id);
  expect(Object.fromEntries(targets.map(({ slug, outcome }) => [slug, outcome]))).toEqual({
    anna: 'success',
    bert: 'refused',
    cora: 'success',
  });
});

it('a start with a key is one rollout however often it is asked for, also by the next controller', async () => {
  const fleet = await openSimulatedFleet({ hosts: { h1: ['anna'], h2: ['bert'] } });
  fleet.hold('begin');
  const started = await Promise.all(Array.from({ length: 100 }, () => fleet.start({}, 'key-1')));
  const [first] = started;
  expect(new Set(started.map(({ id }) => id)).size).toBe(1);
  await fleet.killController();
  expect((await fleet.start({}, 'key-1')).id).toBe(first?.id);
  await expect(fleet.start({ canary: '1' }, 'key-1')).rejects.toMatchObject({ code: 'key-reused' });
  expect((await fleet.rollouts.list({ limit: 10 })).items).toHaveLength(1);
});

it('a tenant is in one open rollout: a start that overlaps is refused, naming the other, until that has ended', async () => {
  const fleet = await openSimulatedFleet({ hosts: { h1: ['anna', 'bert'], h2: ['cora'] } });
  fleet.hold('begin');
  const first = await fleet.start({ where: 'slug=anna' });
  await expect(fleet.start()).rejects.toMatchObject({
    code: 'overlap',
    message: expect.stringMatching(new RegExp(`^anna is in the rollout ${first.id}`, 'u')),
  });
  const second = await fleet.start({ where: 'slug!=anna' });
  fleet.letThrough('begin');
  await Promise.all([first, second].map(({ id }) => fleet.untilState(id, 'done')));
  // All are there now: skipped, and said so.
  const third = await fleet.start();
  expect(await fleet.untilState(third.id, 'done')).toMatchObject({ counts: { total: 3, skipped: 3, succeeded: 0 } });
});

it('who has a scope starts a rollout of what it sees, sees only that of others, and changes none of theirs', async () => {
  const fleet = await openSimulatedFleet({ hosts: { h1: ['anna', 'bert'], h2: ['cora'] } });
  fleet.hold('begin');
  const anna = fleet.as('slug=anna');
  const { id } = await fleet.start({ where: 'slug!=cora' });
  expect(await anna.find(id)).toMatchObject({ counts: { total: 1 } });
  expect((await anna.listTargets(id, { limit: 10 })).items.map(({ slug }) => slug)).toEqual(['anna']);
  await expect(anna.abort(id)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(fleet.as('slug=cora').find(id)).rejects.toMatchObject({ code: 'unknown-rollout' });
  expect((await fleet.as('slug=cora').list({ limit: 10 })).items).toEqual([]);
  await fleet.rollouts.abort(id);
  await fleet.untilState(id, 'aborted');
  const own = await fleet.start({}, undefined, 'slug=anna');
  expect(own.counts.total).toBe(1);
  await expect(fleet.start({ where: 'slug=cora' }, undefined, 'slug=anna')).rejects.toMatchObject({ code: 'invalid' });
});
