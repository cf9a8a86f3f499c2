import { describe, expect, it } from 'vitest';
import { createWorld, iso, start } from './world.js';

const pair = [
  { slug: 't0', host: 'h0' },
  { slug: 't1', host: 'h1' },
];
const limits = { canary: '2', start_within_s: 600, unreachable_after_s: 300, failures: '2' };

describe('a host that is connected and never begins what it has', () => {
  it('holds its slot no longer than an offline one, and counts until it begins', () => {
    const world = createWorld({ tenants: pair, settings: { ...limits, max_parallel: 1 } });
    world.step();
    expect(world.starts.map(({ slug }) => slug)).toEqual(['t0']);
    world.ms = start + 899_000;
    expect(world.step().actions.counts).toMatchObject({ unreachable: 0, counted: 0 });
    world.ms = start + 900_000;
    const { actions } = world.step();
    expect(actions.counts).toMatchObject({ unreachable: 1, counted: 1 });
    expect(world.starts.map(({ slug }) => slug)).toEqual(['t0', 't1']);
    world.begin('t0');
    expect(world.step().actions.counts).toMatchObject({ unreachable: 0, counted: 0 });
  });

  it('keeps an abort from its end for as long', () => {
    const world = createWorld({ tenants: pair.slice(0, 1), settings: limits });
    world.step();
    world.now.rollout.state = 'aborting';
    expect(world.step()).toMatchObject({ actions: { becomes: null }, nextAt: iso(start + 900_000) });
    world.ms = start + 900_000;
    expect(world.step().actions.becomes).toMatchObject({ state: 'aborted' });
  });
});

describe('a tenant whose attempts end at once and that waits again', () => {
  it('is offered at once a few times, then after a pause that doubles', () => {
    const world = createWorld({ tenants: pair.slice(0, 1), settings: limits });
    world.step();
    const refuse = () => Object.assign(world.find('t0'), { stage: 'waiting', ended_at: iso(world.ms) });
    for (const attempt of [2, 3]) {
      refuse();
      world.step();
      expect(world.starts.length).toBe(attempt);
    }
    for (const pauseS of [1, 2, 4]) {
      refuse();
      const held = world.step();
      expect(held.waits.get('t0')).toMatchObject({ rule: 'busy', until: iso(world.ms + pauseS * 1000) });
      expect(held.nextAt).toBe(iso(world.ms + pauseS * 1000));
      world.ms += pauseS * 1000;
      world.step();
      expect(world.find('t0').stage).toBe('offered');
    }
    world.find('t0').attempt = 1_000_000;
    refuse();
    expect(world.decide().waits.get('t0')?.until).toBe(iso(world.ms + 3_600_000));
  });

  it('is offered at once where the rollout itself has withdrawn it, and where somebody has it tried again', () => {
    const world = createWorld({ tenants: pair.slice(0, 1), settings: limits });
    const ended = { stage: 'waiting', attempt: 50, ended_at: iso(start) } as const;
    Object.assign(world.find('t0'), { ...ended, is_withdrawn: true });
    expect(world.decide().actions.starts).toHaveLength(1);
    Object.assign(world.find('t0'), { ...ended, is_withdrawn: false, ended_at: null });
    expect(world.decide().actions.starts).toHaveLength(1);
  });
});

const goBack = (settings: object) => {
  const tenants = ['t0', 't1', 't2'].map((slug) => ({ slug, host: slug === 't2' ? 'h1' : 'h0' }));
  const world = createWorld({ tenants, settings: { ...limits, canary: '3', ...settings } });
  for (const slug of ['t0', 't1', 't2']) world.end(slug, 'success');
  world.now.rollout.direction = 'back';
  return world;
};

describe('a rollout that goes back', () => {
  it('gives back the slot of a rollback whose host has left, and ends without it', () => {
    const world = goBack({ max_parallel: 1 });
    expect(world.step().actions.rollbacks.map(({ slug }) => slug)).toEqual(['t0']);
    world.connect('h0', false);
    expect(world.step().actions.rollbacks).toEqual([]);
    world.ms += 300_000;
    expect(world.step().actions.rollbacks.map(({ slug }) => slug)).toEqual(['t2']);
    for (const slug of ['t1', 't2']) Object.assign(world.find(slug), { rollback: 'done', outcome: 'taken_back' });
    expect(world.step().actions.becomes).toMatchObject({ state: 'done' });
  });

  it('asks a host for as many rollbacks at once as it may have upgrades', () => {
    const world = goBack({ max_parallel: 3 });
    expect(world.step().actions.rollbacks.map(({ slug }) => slug)).toEqual(['t0', 't2']);
    expect(world.step().actions.rollbacks).toEqual([]);
    expect(world.decide().waits.get('t1')?.rule).toBe('host-busy');
  });
});
