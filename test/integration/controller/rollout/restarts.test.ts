// A controller that is killed at any moment goes on, and no tenant is upgraded twice. And a store that was restored.
import { expect, it } from 'vitest';
import { failWith } from '../../../helpers/controller/simulated_attempts.js';
import { expectEachOnce, openSimulatedFleet } from '../../../helpers/controller/simulated_fleet.js';
import { sampleSeed } from '../../../helpers/sample_seed.js';
import { choose, createRandom } from '../../../helpers/seeded_random.js';

const hosts = Object.fromEntries(
  ['h1', 'h2', 'h3', 'h4', 'h5'].map((host) => [host, [0, 1, 2, 3].map((no) => `${host}-${no}`)]),
);

it(`killed after any of its events it goes on, and nothing runs twice (TEST_SEED=${sampleSeed})`, async () => {
  const random = createRandom(sampleSeed);
  const fleet = await openSimulatedFleet({
    hosts,
    howItEnds: ({ slug, attempt }) => (slug === 'h3-2' && attempt === 1 ? failWith('no column') : 'success'),
  });
  const plan = await fleet.planWhole();
  const approve = plan.classes.map(({ plan_class: own }) => own);
  const { id } = await fleet.start({
    plan: plan.id,
    approve,
    canary: '2',
    waves: ['30%'],
    max_parallel: 6,
    per_host: 2,
  });
  // Each of the 20 tenants is offered, begins and ends: the kills come after some of these 60 things.
  const moments = choose([...Array(60).keys()], { count: 8, random });
  for (const moment of moments) {
    await fleet.until(() => fleet.seen.length > moment);
    await fleet.killController();
  }
  await fleet.untilState(id, 'done');
  expect((await fleet.rollouts.find(id)).counts).toMatchObject({ total: 20, succeeded: 19, rolled_back: 1 });
  expectEachOnce(fleet);
  const begins = fleet.seen.flatMap(({ what, slug }) => (what === 'begin' ? [slug] : []));
  expect(begins).toHaveLength(20);
  // No wave began before the one before it had ended.
  const waveOf = new Map((await fleet.targets(id)).map(({ slug, wave }) => [slug, wave ?? -1]));
  const order = begins.map((slug) => waveOf.get(slug) ?? -1);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

it('killed in a fleet plan it asks for what is not planned yet', async () => {
  const fleet = await openSimulatedFleet({ hosts });
  await fleet.disconnect('h1', 'h2');
  const { id } = await fleet.rollouts.planFleet({ version: 'v0.4.0', where: null });
  await fleet.until(async () => (await fleet.rollouts.findPlan(id)).planned === 12);
  await fleet.killController();
  await fleet.until(async () => (await fleet.rollouts.findPlan(id)).state === 'done');
  expect(await fleet.rollouts.findPlan(id)).toMatchObject({ planned: 20, failed: [], classes: [{ tenants: 20 }] });
});

it('a store restored from a backup comes up paused, learns what hosts did since, and runs none of it again', async () => {
  const fleet = await openSimulatedFleet({ hosts });
  fleet.hold('begin');
  const { id } = await fleet.start({ canary: '5', max_parallel: 5 });
  await fleet.until(() => fleet.seen.filter(({ what }) => what === 'offer').length === 5);
  const backup = fleet.backUp();
  // What happens from here on the copy does not know.
  fleet.letThrough('begin');
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded >= 8);
  await fleet.killController({ restoreFrom: backup });
  const restored = await fleet.rollouts.find(id);
  expect(restored).toMatchObject({ state: 'paused', why: expect.stringContaining('restored from a backup') });
  const before = fleet.seen.filter(({ what }) => what === 'begin').length;
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === before);
  expect(fleet.seen.filter(({ what }) => what === 'begin')).toHaveLength(before);
  await fleet.rollouts.resume(id, {});
  await fleet.untilState(id, 'done');
  expect((await fleet.rollouts.find(id)).counts).toMatchObject({ total: 20, succeeded: 20 });
  expectEachOnce(fleet);
});

it('on an older copy of its store, which nobody paused, it waits for what hosts did since, and then pauses', async () => {
  const fleet = await openSimulatedFleet({
    hosts: { h1: ['anna'], h2: ['bert'], h3: ['cora'] },
    howItEnds: ({ slug }) => (slug === first ? 'success' : failWith(`no column in ${slug}`)),
  });
  fleet.hold('end');
  const { id } = await fleet.start({ canary: '1', failures: '3', repeats: 10 });
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.running === 1);
  const { slug: first = '', host = '' } = (await fleet.targets(id)).find(({ wave }) => wave === 0) ?? {};
  const copy = fleet.copyStore();
  fleet.letThrough('end');
  await fleet.untilState(id, 'done');
  fleet.hold(
    'announce',
    ['h1', 'h2', 'h3'].filter((name) => name !== host),
  );
  await fleet.killController({ restoreFrom: copy });
  await fleet.until(async () => (await fleet.rollouts.find(id)).wave === 1);
  const rules = (await fleet.targets(id)).flatMap(({ wave, waits }) => (wave === 1 ? [waits?.rule] : []));
  expect(rules).toEqual(['catching-up', 'catching-up']);
  fleet.letThrough('announce');
  const paused = await fleet.untilState(id, 'paused');
  expect(paused.why).toContain('restored from a copy');
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.rolled_back === 2);
  await fleet.rollouts.resume(id, {});
  await fleet.untilState(id, 'done');
  expect(fleet.seen.filter(({ what }) => what === 'begin')).toHaveLength(3);
  expectEachOnce(fleet);
});
