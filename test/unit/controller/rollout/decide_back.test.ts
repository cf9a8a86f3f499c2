import { describe, expect, it } from 'vitest';
import { createWorld, iso, start, type World } from './world.js';

const fleetOf = (count: number, hosts: number) =>
  Array.from({ length: count }, (_, index) => ({
    slug: `t${String(index).padStart(2, '0')}`,
    host: `h${index % hosts}`,
  }));
const slugs = (starts: readonly { slug: string }[]) => starts.map(({ slug }) => slug);

/** A rollout of three tenants that have succeeded, and goes back one at a time. */
function goBack(settings: object = {}): World {
  const world = createWorld({ tenants: fleetOf(3, 3), settings: { canary: '3', max_parallel: 3, ...settings } });
  world.step();
  for (const slug of ['t00', 't01', 't02']) {
    world.begin(slug);
    world.end(slug, 'success');
  }
  const own = world.now.rollout;
  Object.assign(own, { direction: 'back', settings: { ...own.settings, max_parallel: 1 } });
  return world;
}

describe('a rollout', () => {
  it('goes back a few at once, and touches only what it has upgraded last', () => {
    const world = createWorld({ tenants: fleetOf(5, 5), settings: { canary: '5', max_parallel: 5 } });
    world.step();
    for (const slug of ['t00', 't01', 't02', 't03']) {
      world.begin(slug);
      world.end(slug, 'success');
    }
    world.end('t04', 'failed');
    world.now.latest.delete('t03');
    Object.assign(world.now.rollout, {
      direction: 'back',
      settings: { ...world.now.rollout.settings, max_parallel: 2 },
    });
    expect(slugs(world.step().actions.rollbacks)).toEqual(['t00', 't01']);
    expect(world.step().actions.rollbacks).toEqual([]);
    Object.assign(world.find('t00'), { rollback: 'done', outcome: 'rolled_back' });
    expect(slugs(world.step().actions.rollbacks)).toEqual(['t02']);
    for (const slug of ['t01', 't02']) Object.assign(world.find(slug), { rollback: 'done', outcome: 'rolled_back' });
    expect(world.step().actions.becomes).toMatchObject({ state: 'done' });
  });

  it('waits for a rollback that is under way, for hosts that are offline, and gives those up', () => {
    const world = goBack({ give_up_after_s: 600 });
    world.connect('h0', false);
    const first = world.step();
    expect(slugs(first.actions.rollbacks)).toEqual(['t01']);
    expect(first.waits.get('t00')?.rule).toBe('offline');
    expect(first.waits.get('t02')?.rule).toBe('max-parallel');
    expect(first.nextAt).toBe(iso(start + 600_000));
    expect(world.step().actions).toMatchObject({ rollbacks: [], becomes: null });
    for (const slug of ['t01', 't02']) Object.assign(world.find(slug), { rollback: 'done', outcome: 'taken_back' });
    expect(world.step().actions.becomes).toBeNull();
    world.ms += 600_000;
    expect(world.step().actions.becomes).toMatchObject({ state: 'done' });
  });

  it('does not end while an upgrade of it still runs, but for one that is out of reach', () => {
    const world = goBack({ unreachable_after_s: 60 });
    for (const slug of ['t00', 't01']) Object.assign(world.find(slug), { rollback: 'done', outcome: 'taken_back' });
    Object.assign(world.find('t02'), { stage: 'running', outcome: null });
    expect(world.step().actions.becomes).toBeNull();
    world.connect('h2', false);
    world.ms += 60_000;
    expect(world.step().actions.becomes).toMatchObject({ state: 'done' });
  });

  it('has so many of one host at once as it is told', () => {
    const world = createWorld({ tenants: fleetOf(4, 1), settings: { canary: '4', per_host: 3, max_parallel: 4 } });
    for (const { slug } of world.now.targets) world.end(slug, 'success');
    world.now.rollout.direction = 'back';
    expect(slugs(world.step().actions.rollbacks)).toEqual(['t00', 't01', 't02']);
  });

  it.each(['paused', 'halted'] as const)('rolls nothing back while it is %s, and does not end', (state) => {
    const world = goBack();
    world.now.rollout.state = state;
    const { actions, waits } = world.step();
    expect(actions).toMatchObject({ rollbacks: [], becomes: null });
    expect(waits.size).toBe(3);
    for (const target of world.now.targets) Object.assign(target, { rollback: 'done', outcome: 'taken_back' });
    expect(world.step().actions.becomes).toBeNull();
  });

  it('is aborted on its way back once nothing of it is under way', () => {
    const world = goBack();
    world.step();
    Object.assign(world.now.rollout, { state: 'aborting', why: 'enough' });
    expect(world.step().actions).toMatchObject({ rollbacks: [], becomes: null });
    Object.assign(world.find('t00'), { rollback: 'done', outcome: 'taken_back' });
    expect(world.step().actions.becomes).toEqual({ state: 'aborted', why: 'enough' });
  });

  it('withdraws on its way back what has not begun', () => {
    const world = goBack();
    Object.assign(world.find('t02'), { stage: 'offered', outcome: null });
    expect(world.step().actions.withdrawals).toEqual(['t02']);
    expect(world.step().actions.withdrawals).toEqual([]);
  });
});
