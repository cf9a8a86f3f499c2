// Hosts that are away: their tenants are left behind, count as failures after a limit, or expire; every rollout ends.
import { expect, it } from 'vitest';
import { openSimulatedFleet, type SimulatedFleet } from '../../../helpers/controller/simulated_fleet.js';

const four = { h1: ['anna'], h2: ['bert'], h3: ['cora'], h4: ['dora'] };
const find = async (fleet: SimulatedFleet, id: string, slug: string) =>
  (await fleet.targets(id)).find((target) => target.slug === slug);
const offers = ({ seen }: SimulatedFleet) => seen.flatMap(({ what, slug }) => (what === 'offer' ? [slug] : []));

it('tenants of a host that is offline are left behind by their wave, and start when it is back', async () => {
  const fleet = await openSimulatedFleet({ hosts: four });
  await fleet.disconnect('h1');
  const { id } = await fleet.start({ canary: '4' });
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === 3);
  expect(await find(fleet, id, 'anna')).toMatchObject({ stage: 'waiting', waits: { rule: 'offline' } });
  expect(await fleet.rollouts.find(id)).toMatchObject({ state: 'running', counts: { offline: 1, counted: 0 } });
  await fleet.connect('h1');
  expect(await fleet.untilState(id, 'done')).toMatchObject({ counts: { succeeded: 4 } });
});

it('no wave passes on offline tenants alone', async () => {
  const fleet = await openSimulatedFleet({ hosts: four });
  await fleet.disconnect('h1', 'h2');
  // The canary prefers hosts that are connected; with one host left in each wave there is no choice.
  const { id } = await fleet.start({ where: 'slug=anna|slug=bert|slug=cora', canary: '1', waves: ['1', '1'] });
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === 1);
  await fleet.until(async () => (await fleet.rollouts.find(id)).wave === 1);
  const { wave_list: waves, state } = await fleet.rollouts.find(id);
  expect({ state, waits: waves[1]?.waits }).toEqual({ state: 'running', waits: 'no tenant of it has succeeded' });
  await fleet.connect('h1', 'h2');
  expect(await fleet.untilState(id, 'done')).toMatchObject({ counts: { succeeded: 3 } });
});

it('a tenant that could not start for too long expires, and the rollout ends', async () => {
  const fleet = await openSimulatedFleet({ hosts: four });
  await fleet.disconnect('h1');
  const { id } = await fleet.start({ canary: '4', give_up_after_s: 3600 });
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === 3);
  fleet.advance(3_599_000 - 60_000);
  expect((await fleet.rollouts.find(id)).state).toBe('running');
  fleet.advance(120_000);
  const done = await fleet.untilState(id, 'done');
  expect(done.counts).toMatchObject({ expired: 1, succeeded: 3, counted: 0 });
  await fleet.connect('h1');
  expect(offers(fleet)).not.toContain('anna');
});

it('an upgrade whose host is lost counts as a failure after its limit, gives its slot back, and counts no more once it reports', async () => {
  const fleet = await openSimulatedFleet({ hosts: four });
  fleet.hold('end', ['anna', 'bert']);
  const wish = { canary: '4', max_parallel: 1, failures: '1', unreachable_after_s: 600 };
  const { id } = await fleet.start({ ...wish, where: 'slug=anna|slug=bert' });
  await fleet.until(async () => (await find(fleet, id, 'anna'))?.stage === 'running' || offers(fleet).includes('bert'));
  await fleet.until(async () => (await find(fleet, id, 'anna'))?.stage === 'running');
  await fleet.disconnect('h1');
  const before = await fleet.rollouts.find(id);
  expect(before.counts).toMatchObject({ unreachable: 0, counted: 0 });
  fleet.advance(601_000);
  expect(await fleet.untilState(id, 'halted')).toMatchObject({
    counts: { unreachable: 1, counted: 1 },
    budget: { counted: 1, limit: 1 },
  });
  await expect(fleet.rollouts.resume(id, {})).rejects.toMatchObject({ code: 'unresolved' });
  await fleet.rollouts.resume(id, { failures: '2' });
  // Its slot is given back.
  await fleet.until(async () => (await find(fleet, id, 'bert'))?.stage === 'running');
  await fleet.connect('h1');
  fleet.letThrough('end');
  expect(await fleet.untilState(id, 'done')).toMatchObject({ counts: { succeeded: 2, counted: 0 } });
});

it('a tenant whose host is lost is waived: the rollout goes on, and shows what its host says of it later', async () => {
  const fleet = await openSimulatedFleet({ hosts: { h1: ['anna', 'bert'], h2: ['cora'] } });
  fleet.hold('end', ['anna']);
  const { id } = await fleet.start({ canary: '3', failures: '1', unreachable_after_s: 600 });
  await fleet.until(async () => (await find(fleet, id, 'anna'))?.stage === 'running');
  await expect(fleet.rollouts.waive(id, ['anna'])).rejects.toMatchObject({ code: 'busy' });
  await fleet.disconnect('h1');
  fleet.advance(601_000);
  await fleet.untilState(id, 'halted');
  expect(await find(fleet, id, 'anna')).toMatchObject({ stage: 'running', is_unreachable: true });
  expect(await fleet.rollouts.waive(id, ['anna'])).toMatchObject({
    counts: { unreachable: 0, counted: 0, waived: 1 },
    budget: { counted: 0, limit: 1 },
  });
  await fleet.rollouts.resume(id, {});
  await fleet.connect('h1');
  // It still runs there, and its host takes one at a time.
  await fleet.until(async () => (await find(fleet, id, 'bert'))?.waits?.rule === 'host-busy');
  expect(await find(fleet, id, 'anna')).toMatchObject({ stage: 'waived', is_unreachable: false });
  expect((await find(fleet, id, 'anna'))?.steps.length).toBeGreaterThan(0);
  fleet.letThrough('end');
  expect(await fleet.untilState(id, 'done')).toMatchObject({ counts: { succeeded: 2, waived: 1, counted: 0 } });
  expect(await find(fleet, id, 'anna')).toMatchObject({ stage: 'waived', finished_at: expect.any(String) });
});

it('an upgrade that a host has and has not begun is withdrawn where its tenant is waived', async () => {
  const fleet = await openSimulatedFleet({ hosts: { h1: ['anna'], h2: ['cora'] } });
  fleet.hold('begin', ['anna']);
  const { id } = await fleet.start({ canary: '2', failures: '2', unreachable_after_s: 600 });
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === 1);
  await fleet.disconnect('h1');
  fleet.advance(601_000);
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.unreachable === 1);
  await fleet.rollouts.waive(id, ['anna']);
  expect(await fleet.untilState(id, 'done')).toMatchObject({ counts: { succeeded: 1, waived: 1 } });
  await fleet.connect('h1');
  await fleet.until(async () => (await find(fleet, id, 'anna'))?.finished_at !== null);
  fleet.letThrough('begin');
  expect(fleet.seen.filter(({ what, slug }) => what === 'begin' && slug === 'anna')).toEqual([]);
});

it('hosts that come back after an absence do not all start at once', async () => {
  const fleet = await openSimulatedFleet({ hosts: { h1: ['anna', 'bert', 'cora', 'dora'] } });
  await fleet.disconnect('h1');
  const asking = fleet.start({ canary: '4', per_host: 4, reconnect_jitter_s: 3600 });
  await expect(asking).rejects.toMatchObject({ code: 'offline' });
  await fleet.connect('h1');
  fleet.hold('begin');
  const { id } = await fleet.start({ canary: '1', per_host: 4, reconnect_jitter_s: 3600 });
  await fleet.until(() => offers(fleet).length === 1);
  await fleet.disconnect('h1');
  fleet.advance(120_000);
  fleet.letThrough('begin');
  await fleet.connect('h1');
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === 1);
  await fleet.until(
    async () => (await fleet.targets(id)).filter(({ waits }) => waits?.rule === 'reconnect').length > 0,
  );
  const until = (await fleet.targets(id)).flatMap(({ waits }) => (waits?.rule === 'reconnect' ? [waits.until] : []));
  expect(new Set(until).size).toBe(until.length);
  fleet.advance(3_600_000);
  expect(await fleet.untilState(id, 'done')).toMatchObject({ counts: { succeeded: 4 } });
});
