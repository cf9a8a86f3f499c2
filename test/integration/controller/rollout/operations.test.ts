// What people do with a rollout while it runs: pause, freeze, retry, waive, approve, abort, roll back.
import { describe, expect, it } from 'vitest';
import { upgradeBodySchema } from '../../../../shared/wire/api.js';
import { freezeBodySchema } from '../../../../shared/wire/freezes_api.js';
import { failWith } from '../../../helpers/controller/simulated_attempts.js';
import {
  expectEachOnce,
  openSimulatedFleet,
  type SimulatedFleet,
} from '../../../helpers/controller/simulated_fleet.js';
import { previousVersion, targetVersion } from '../../../helpers/controller/simulated_plans.js';

const four = { h1: ['anna'], h2: ['bert'], h3: ['cora'], h4: ['dora'] };
const what = ({ seen }: SimulatedFleet, kind: SimulatedFleet['seen'][number]['what']) =>
  seen.flatMap((one) => (one.what === kind ? [one.slug] : []));
const sorted = (slugs: readonly string[]) => slugs.toSorted((a, b) => a.localeCompare(b));
const outcomes = async (fleet: SimulatedFleet, id: string) =>
  Object.fromEntries((await fleet.targets(id)).map(({ slug, stage, outcome }) => [slug, outcome ?? stage]));
const noRetry = { tenants: [], fixed: false, dry_run: false };
const noApproval = { plan_classes: [], next_wave: false };

describe('a pause', () => {
  it('withdraws what has not begun, lets go on what runs, and starts nothing until it is resumed', async () => {
    const fleet = await openSimulatedFleet({ hosts: four });
    fleet.hold('begin', ['bert', 'cora', 'dora']);
    fleet.hold('end', ['anna']);
    const { id } = await fleet.start({ canary: '4' });
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.running === 1);
    await fleet.until(() => what(fleet, 'offer').length === 4);
    await fleet.rollouts.pause(id);
    await fleet.until(() => what(fleet, 'withdrawn').length === 3);
    expect(sorted(what(fleet, 'withdrawn'))).toEqual(['bert', 'cora', 'dora']);
    fleet.letThrough('begin');
    fleet.letThrough('end');
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === 1);
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.offered === 0);
    expect(await fleet.rollouts.find(id)).toMatchObject({
      state: 'paused',
      why: expect.stringContaining('paused by tester'),
      counts: { waiting: 3, cancelled: 0 },
    });
    expect(what(fleet, 'begin')).toEqual(['anna']);
    await expect(fleet.rollouts.pause(id)).rejects.toMatchObject({ code: 'nothing-to-do' });
    await fleet.rollouts.resume(id, {});
    expect(await fleet.untilState(id, 'done')).toMatchObject({ counts: { succeeded: 4 } });
    // A withdrawn attempt was an attempt.
    const attempts = (await fleet.targets(id)).map(({ slug, attempt }) => `${slug} ${attempt}`);
    expect(sorted(attempts)).toEqual(['anna 1', 'bert 2', 'cora 2', 'dora 2']);
    expectEachOnce(fleet);
  });

  it('after the canary waits for an approval of the next wave', async () => {
    const fleet = await openSimulatedFleet({ hosts: four });
    const { id } = await fleet.start({ canary: '1', pause_after_canary: true });
    await fleet.until(
      async () => (await fleet.rollouts.find(id)).wave_list[1]?.waits?.includes('--next-wave') === true,
    );
    const rules = (await fleet.targets(id)).flatMap(({ waits }) => waits?.rule ?? []);
    expect(rules).toEqual(['approval', 'approval', 'approval']);
    expect(what(fleet, 'begin')).toHaveLength(1);
    await fleet.rollouts.approve(id, { ...noApproval, next_wave: true });
    expect(await fleet.untilState(id, 'done')).toMatchObject({ counts: { succeeded: 4 } });
  });

  it('that becomes an abort lets end what runs, and then has ended', async () => {
    const fleet = await openSimulatedFleet({ hosts: four });
    fleet.hold('end');
    const { id } = await fleet.start({ canary: '2' });
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.running === 2);
    await fleet.rollouts.pause(id);
    expect(await fleet.rollouts.abort(id)).toMatchObject({ state: 'aborting', ended_at: null });
    await expect(fleet.rollouts.resume(id, {})).rejects.toMatchObject({ code: 'has-ended' });
    fleet.letThrough('end');
    expect(await fleet.untilState(id, 'aborted')).toMatchObject({ counts: { succeeded: 2, waiting: 2 } });
    expect(what(fleet, 'offer')).toHaveLength(2);
  });
});

describe('a freeze', () => {
  it('holds single upgrades and rollouts, lets through what is excepted by name, and ends', async () => {
    const fleet = await openSimulatedFleet({ hosts: four });
    await fleet.freezes.start(freezeBodySchema.parse({ name: 'holidays', where: 'slug!=dora' }));
    const wish = upgradeBodySchema.parse({ version: targetVersion });
    await expect(fleet.rig.fleet.upgrade('anna', wish)).rejects.toMatchObject({
      code: 'frozen',
      message: expect.stringContaining('holidays'),
      hint: expect.stringContaining('freeze except holidays anna'),
    });
    const { id } = await fleet.start({ canary: '4' });
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === 1);
    const rules = (await fleet.targets(id)).map(({ slug, waits }) => `${slug} ${waits?.rule ?? '-'}`);
    expect(sorted(rules)).toEqual(['anna frozen', 'bert frozen', 'cora frozen', 'dora -']);
    await fleet.freezes.except('holidays', ['anna']);
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === 2);
    expect(sorted(what(fleet, 'offer'))).toEqual(['anna', 'dora']);
    // Rollbacks go on.
    await fleet.rig.fleet.rollback('anna', { restore_database: false });
    await fleet.until(() => what(fleet, 'rollback').length === 1);
    await fleet.freezes.end('holidays');
    await fleet.untilState(id, 'done');
    expect(await outcomes(fleet, id)).toEqual({
      anna: 'taken_back',
      bert: 'success',
      cora: 'success',
      dora: 'success',
    });
  });

  it('that begins withdraws what was offered of its tenants and has not begun', async () => {
    const fleet = await openSimulatedFleet({ hosts: four });
    fleet.hold('begin');
    const { id } = await fleet.start({ canary: '4' });
    await fleet.until(() => what(fleet, 'offer').length === 4);
    await fleet.freezes.start(freezeBodySchema.parse({ name: 'now', where: 'slug=bert' }));
    await fleet.until(() => what(fleet, 'withdrawn').length === 1);
    fleet.letThrough('begin');
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === 3);
    expect(what(fleet, 'begin')).not.toContain('bert');
    await fleet.freezes.end('now');
    await fleet.untilState(id, 'done');
    expectEachOnce(fleet);
  });
});

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
    expect(halted).toMatchObject({ budget: { counted: 2, limit: 2 }, why: expect.stringContaining('2 of at most 2') });
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
    expect(what(fleet, 'begin')).toHaveLength(2);
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

describe('a plan that changed', () => {
  it('is refused before anything stops, waits for the approval of its new class, and then goes on', async () => {
    const fleet = await openSimulatedFleet({ hosts: four });
    const plan = await fleet.planWhole();
    const [only] = plan.classes;
    const bert = fleet.agents.get('h2')?.tenants[0];
    if (bert === undefined || only === undefined) throw new Error('no tenant, or no class');
    bert.kind = 'other';
    const { id } = await fleet.start({ plan: plan.id, approve: [only.plan_class], canary: '4' });
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.succeeded === 3);
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.plan_changed === 1);
    const { unapproved, counts, state } = await fleet.rollouts.find(id);
    expect({ state, counted: counts.counted }).toEqual({ state: 'running', counted: 0 });
    expect(unapproved).toMatchObject([{ tenants: 1, examples: ['bert'] }]);
    expect((await fleet.targets(id)).find(({ slug }) => slug === 'bert')?.waits?.rule).toBe('plan-changed');
    const changed = unapproved[0]?.plan_class ?? '';
    await expect(fleet.rollouts.approve(id, { ...noApproval, plan_classes: ['ffff0000'] })).rejects.toMatchObject({
      code: 'invalid',
    });
    await fleet.rollouts.approve(id, { ...noApproval, plan_classes: [changed.slice(0, 10)] });
    expect(await fleet.untilState(id, 'done')).toMatchObject({ counts: { succeeded: 4 } });
    expect(what(fleet, 'begin').filter((slug) => slug === 'bert')).toHaveLength(2);
    expectEachOnce(fleet);
  });
});

describe('a rollback of a rollout', () => {
  it('takes back what it upgraded, also once it has ended, not more than may run at once, and nothing of others', async () => {
    const fleet = await openSimulatedFleet({ hosts: four });
    const { id } = await fleet.start({ canary: '4', max_parallel: 2 });
    await fleet.untilState(id, 'done');
    // An operator has rolled one back already: it stays so.
    await fleet.rig.fleet.rollback('anna', { restore_database: false });
    await fleet.until(async () => (await outcomes(fleet, id))['anna'] === 'taken_back');
    await fleet.rollouts.rollback(id);
    await fleet.untilState(id, 'done');
    expect(sorted(what(fleet, 'rollback'))).toEqual(['anna', 'bert', 'cora', 'dora']);
    expect(await outcomes(fleet, id)).toEqual({
      anna: 'taken_back',
      bert: 'taken_back',
      cora: 'taken_back',
      dora: 'taken_back',
    });
    for (const { tenants } of fleet.agents.values()) expect(tenants[0]?.version).toBe(previousVersion);
    await expect(fleet.rollouts.rollback(id)).rejects.toMatchObject({ code: 'nothing-to-do' });
  });
});
