// What people do with a rollout while it runs: pause, freeze, approve, abort, roll back.
import { describe, expect, it } from 'vitest';
import { upgradeBodySchema } from '../../../../shared/wire/api.js';
import { freezeBodySchema } from '../../../../shared/wire/freezes_api.js';
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
    expect((await fleet.rollouts.find(id)).wave_list[0]?.state).toBe('passed');
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

it('not more run at once than may, and the others say so', async () => {
  const fleet = await openSimulatedFleet({ hosts: { ...four, h5: ['emil', 'fred'] } });
  fleet.hold('end');
  const { id } = await fleet.start({ canary: '6', max_parallel: 4 });
  await fleet.until(async () => (await fleet.rollouts.find(id)).counts.running === 4);
  const waits = (await fleet.targets(id)).flatMap(({ waits: own }) => own?.rule ?? []);
  expect(waits).toHaveLength(2);
  expect(waits).toContain('max-parallel');
  fleet.letThrough('end');
  await fleet.untilState(id, 'done');
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
    // And one has been upgraded since: that upgrade is not this rollout's.
    const later = await fleet.rig.fleet.upgrade('bert', upgradeBodySchema.parse({ version: 'v0.5.0' }));
    await fleet.until(async () => (await fleet.rig.fleet.findUpgrade(later.id)).status === 'success');
    await fleet.rollouts.rollback(id);
    await fleet.untilState(id, 'done');
    expect(sorted(what(fleet, 'rollback'))).toEqual(['anna', 'cora', 'dora']);
    expect(await outcomes(fleet, id)).toEqual({
      anna: 'taken_back',
      bert: 'success',
      cora: 'taken_back',
      dora: 'taken_back',
    });
    const versions = [...fleet.agents.values()].map(({ tenants }) => tenants[0]?.version);
    expect(versions).toEqual([previousVersion, 'v0.5.0', previousVersion, previousVersion]);
    await expect(fleet.rollouts.rollback(id)).rejects.toMatchObject({ code: 'nothing-to-do' });
  });
});
