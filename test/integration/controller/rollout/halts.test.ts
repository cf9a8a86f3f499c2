// The ways out of a halt: retry, waive, a larger budget; and what failed before is not tried again before it is mended.
import { describe, expect, it } from 'vitest';
import { failWith } from '../../../helpers/controller/simulated_attempts.js';
import {
  expectEachOnce,
  openSimulatedFleet,
  type SimulatedFleet,
} from '../../../helpers/controller/simulated_fleet.js';

const four = { h1: ['anna'], h2: ['bert'], h3: ['cora'], h4: ['dora'] };
const sorted = (slugs: readonly string[]) => slugs.toSorted((a, b) => a.localeCompare(b));
const outcomes = async (fleet: SimulatedFleet, id: string) =>
  Object.fromEntries((await fleet.targets(id)).map(({ slug, stage, outcome }) => [slug, outcome ?? stage]));
const noRetry = { tenants: [], fixed: false, dry_run: false };

describe('after a halt', () => {
  const broken = new Set<string>();
  async function halt() {
    for (const slug of ['anna', 'bert']) broken.add(slug);
    const fleet = await openSimulatedFleet({
      hosts: four,
      howItEnds: ({ slug }) => (broken.has(slug) ? failWith(`no column of ${slug}`) : 'success'),
    });
    const { id } = await fleet.start({ where: 'slug!=dora', canary: '3', failures: '2', repeats: 10 });
    await fleet.untilState(id, 'halted');
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.running === 0);
    return { fleet, id };
  }

  it('resume needs a retry, a waiver or a larger budget; what failed is tried again only once it is mended', async () => {
    const { fleet, id } = await halt();
    const halted = await fleet.rollouts.find(id);
    expect(halted).toMatchObject({
      budget: { counted: 2, limit: 2 },
      why: expect.stringContaining('2 failures, and it halts at 2'),
    });
    // One failure of two tenants: the slug is no part of a signature.
    expect(halted.failures).toMatchObject([{ tenants: 2, step: 'migrate', is_fixed: false }]);
    await expect(fleet.rollouts.resume(id, {})).rejects.toMatchObject({ code: 'unresolved' });
    await expect(fleet.rollouts.retry(id, noRetry)).rejects.toMatchObject({
      code: 'unresolved',
      hint: expect.stringContaining('--fixed'),
    });
    broken.delete('anna');
    const named = { tenants: ['anna'], fixed: true };
    expect(await fleet.rollouts.retry(id, { ...named, dry_run: true })).toMatchObject({ retried: ['anna'] });
    expect((await outcomes(fleet, id))['anna']).toBe('rolled_back');
    expect(await fleet.rollouts.retry(id, { ...named, dry_run: false })).toEqual({ retried: ['anna'], held: [] });
    await fleet.rollouts.resume(id, {});
    await fleet.untilState(id, 'done');
    expect(await outcomes(fleet, id)).toEqual({ anna: 'success', bert: 'rolled_back', cora: 'success' });
    expectEachOnce(fleet);
  });

  it('a waived tenant counts no more, and a larger budget lets it go on', async () => {
    const { fleet, id } = await halt();
    await expect(fleet.rollouts.waive(id, ['dora'])).rejects.toMatchObject({ code: 'invalid' });
    await fleet.rollouts.waive(id, ['anna', 'bert']);
    await fleet.rollouts.resume(id, {});
    expect(await fleet.untilState(id, 'done')).toMatchObject({ counts: { waived: 2, counted: 0, succeeded: 1 } });
    const again = await halt();
    await again.fleet.rollouts.resume(again.id, { failures: '3' });
    expect(await again.fleet.untilState(again.id, 'done')).toMatchObject({ budget: { counted: 2, limit: 3 } });
  });

  it('one failure that repeats halts it before the budget does', async () => {
    const fleet = await openSimulatedFleet({ hosts: four, howItEnds: ({ slug }) => failWith(`no table of ${slug}`) });
    const { id } = await fleet.start({ canary: '4', max_parallel: 1, failures: '4', repeats: 2 });
    expect((await fleet.untilState(id, 'halted')).why).toMatch(
      /^2 tenants failed in the same way \(.*migrate.*no table/u,
    );
    expect(fleet.seen.filter(({ what }) => what === 'begin')).toHaveLength(2);
  });

  it('the tenants of another rollout to the same commit are not tried before somebody says that it is mended', async () => {
    const { fleet, id } = await halt();
    await fleet.rollouts.abort(id);
    await fleet.untilState(id, 'aborted');
    const next = await fleet.start({ canary: '4' });
    await fleet.until(async () => (await fleet.rollouts.find(next.id)).counts.succeeded === 1);
    const waits = (await fleet.targets(next.id)).flatMap(({ slug, waits: own }) =>
      own ? [`${slug} ${own.rule}`] : [],
    );
    expect(sorted(waits)).toEqual(['anna failed-before', 'bert failed-before']);
    broken.clear();
    await fleet.rollouts.retry(next.id, { ...noRetry, fixed: true });
    expect(await fleet.untilState(next.id, 'done')).toMatchObject({ counts: { succeeded: 3, skipped: 1 } });
  });
});
