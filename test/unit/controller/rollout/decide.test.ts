import { describe, expect, it } from 'vitest';
import { decide } from '../../../../controller/rollout/decide/decide.js';
import { rules } from '../../../../controller/rollout/decide/rules.js';
import { waitRules } from '../../../../shared/model/rollout.js';
import { createWorld, iso, start } from './world.js';

const fleetOf = (count: number, hosts: number) =>
  Array.from({ length: count }, (_, index) => ({
    slug: `t${String(index).padStart(2, '0')}`,
    host: `h${index % hosts}`,
  }));
const slugs = (starts: readonly { slug: string }[]) => starts.map(({ slug }) => slug);

describe('the rules', () => {
  it('are asked in the order in which their names are listed', () => {
    const order = rules.map(({ name }) => waitRules.indexOf(name));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});

describe('a rollout', () => {
  it('starts the canary, then wave after wave, each once the one before it has passed', () => {
    const world = createWorld({ tenants: fleetOf(8, 4), settings: { canary: '2', waves: ['25%'], max_parallel: 8 } });
    const waves: string[][] = [];
    for (let turn = 0; world.now.rollout.state === 'running' && turn < 50; turn += 1) {
      const { actions } = world.step();
      if (actions.starts.length > 0) waves.push(slugs(actions.starts));
      for (const { slug } of actions.starts) {
        world.begin(slug);
        world.end(slug, 'success');
      }
      world.ms += 1000;
    }
    expect(waves).toEqual([
      ['t00', 't01'],
      ['t02', 't03'],
      ['t04', 't05', 't06', 't07'],
    ]);
    expect(world.now.rollout).toMatchObject({ state: 'done', why: null });
  });

  it('has at most so many at once, and so many of one host', () => {
    const world = createWorld({ tenants: fleetOf(9, 3), settings: { canary: '9', max_parallel: 2 } });
    const { actions, waits } = world.step();
    expect(slugs(actions.starts)).toEqual(['t00', 't01']);
    expect(waits.get('t02')?.rule).toBe('max-parallel');
    expect(waits.get('t03')).toMatchObject({
      rule: 'host-busy',
      text: 'h0 has 1 upgrade under way; at most 1 at once',
    });
  });

  it('has so many of one host at once as it is told', () => {
    const world = createWorld({ tenants: fleetOf(4, 1), settings: { canary: '4', per_host: 3 } });
    expect(slugs(world.step().actions.starts)).toEqual(['t00', 't01', 't02']);
    world.begin('t00');
    world.end('t00', 'success');
    expect(slugs(world.step().actions.starts)).toEqual(['t03']);
  });

  it('is done, and not halted, where the last wave has failed within the budget', () => {
    const world = createWorld({ tenants: fleetOf(1, 1), settings: { canary: '1', failures: '2' } });
    world.step();
    world.begin('t00');
    world.end('t00', 'failed');
    expect(world.step().actions.becomes).toEqual({ state: 'done', why: null });
  });

  it('counts upgrades of other origin on a host', () => {
    const world = createWorld({ tenants: fleetOf(2, 2), settings: { canary: '2' } });
    world.now.busy = new Map([['h0', 1]]);
    expect(slugs(world.step().actions.starts)).toEqual(['t01']);
  });

  it('halts at the budget, starts nothing more, and withdraws what has not begun', () => {
    const world = createWorld({ tenants: fleetOf(6, 6), settings: { canary: '6', max_parallel: 3, failures: '2' } });
    world.step();
    for (const slug of ['t00', 't01']) {
      world.begin(slug);
      world.end(slug, 'rolled_back', `s-${slug}`);
    }
    const { actions } = world.step();
    expect(actions).toMatchObject({ starts: [], withdrawals: ['t02'], becomes: { state: 'halted' } });
    expect(actions.becomes?.why).toContain('2 failures, and it halts at 2');
    expect(world.step().actions).toMatchObject({ starts: [], withdrawals: [], becomes: null });
  });

  it.each(['failed', 'rolled_back', 'refused', 'needs_operator'] as const)('counts %s', (outcome) => {
    const world = createWorld({ tenants: fleetOf(3, 3), settings: { canary: '3', failures: '1' } });
    world.step();
    world.begin('t00');
    world.end('t00', outcome);
    expect(world.step().actions.becomes).toMatchObject({ state: 'halted' });
  });

  it.each(['cancelled', 'expired', 'plan_changed', 'taken_back'] as const)('does not count %s', (outcome) => {
    const world = createWorld({ tenants: fleetOf(3, 3), settings: { canary: '3', failures: '1' } });
    world.step();
    world.end('t00', outcome);
    expect(world.step().actions.becomes).toBeNull();
  });

  it('halts when one failure repeats', () => {
    const world = createWorld({ tenants: fleetOf(6, 6), settings: { canary: '6', failures: '6', repeats: 2 } });
    world.step();
    for (const [slug, signature] of [
      ['t00', 'a'],
      ['t01', 'b'],
      ['t02', 'a'],
    ] as const) {
      world.begin(slug);
      world.end(slug, 'failed', signature);
    }
    expect(world.step().actions.becomes?.why).toContain('2 tenants failed in the same way (a)');
  });

  it('counts a failure that repeats from when it was last resumed', () => {
    const world = createWorld({ tenants: fleetOf(6, 6), settings: { canary: '6', failures: '6', repeats: 2 } });
    world.step();
    world.begin('t00');
    world.end('t00', 'failed', 'a');
    world.ms += 1000;
    world.now.rollout.since = iso(world.ms);
    world.begin('t01');
    world.end('t01', 'failed', 'a');
    expect(world.decide().actions.becomes).toBeNull();
    world.begin('t02');
    world.end('t02', 'failed', 'a');
    expect(world.decide().actions.becomes).toMatchObject({ state: 'halted' });
  });

  it('counts an offline host’s upgrade after a while, until the host reports', () => {
    const world = createWorld({
      tenants: fleetOf(3, 3),
      settings: { canary: '3', failures: '1', unreachable_after_s: 600, max_parallel: 1 },
    });
    world.step();
    world.begin('t00');
    world.connect('h0', false);
    const { nextAt } = world.step();
    expect(nextAt).toBe(iso(start + 600_000));
    world.ms += 599_999;
    expect(world.decide().actions.becomes).toBeNull();
    world.ms += 1;
    expect(world.decide().actions.becomes?.why).toContain('1 failure, and it halts at 1 (1 unreachable): ');
    world.connect('h0', true);
    expect(world.decide().actions.becomes).toBeNull();
  });

  it('does not end while an upgrade of it is out of reach, until that is given up', () => {
    const settings = { canary: '2', failures: '2', unreachable_after_s: 600, give_up_after_s: 3600 };
    const world = createWorld({ tenants: fleetOf(2, 2), settings });
    world.step();
    for (const slug of ['t00', 't01']) world.begin(slug);
    world.end('t01', 'success');
    world.connect('h0', false);
    world.ms += 600_000;
    expect(world.step()).toMatchObject({ actions: { becomes: null }, nextAt: iso(world.ms) });
    const { actions, nextAt } = world.step();
    expect(actions.becomes).toBeNull();
    expect(nextAt).toBe(iso(start + 600_000 + 3_600_000));
    world.ms += 3_600_000;
    expect(world.step().actions.becomes).toMatchObject({ state: 'done' });
  });

  it('gives the slot of an unreachable tenant back', () => {
    const world = createWorld({
      tenants: fleetOf(3, 3),
      settings: { canary: '3', failures: '2', unreachable_after_s: 600, max_parallel: 1 },
    });
    world.step();
    world.begin('t00');
    world.connect('h0', false);
    world.ms += 600_000;
    expect(slugs(world.step().actions.starts)).toEqual(['t01']);
  });

  it('does not pass a wave on offline or skipped tenants alone', () => {
    const world = createWorld({ tenants: fleetOf(4, 4), settings: { canary: '2', give_up_after_s: 3600 } });
    world.connect('h0', false);
    world.find('t01').version = 'v0.4.0';
    world.step();
    expect(world.find('t01').stage).toBe('skipped');
    const { waveWaits, waits, nextAt } = world.step();
    expect(waits.get('t00')?.rule).toBe('offline');
    expect(nextAt).toBe(iso(start + 3_600_000));
    expect(waveWaits.get(0)).toBe('no tenant of it has succeeded');
    expect(world.now.rollout.waves[1]?.opened_at).toBeNull();
    world.ms += 3_600_000;
    world.step();
    expect(world.find('t00').outcome).toBe('expired');
    expect(world.now.rollout).toMatchObject({ state: 'halted' });
    expect(world.now.rollout.why).toContain('the canary cannot pass: no tenant of it has succeeded');
    expect(world.now.rollout.why).toContain('then `drover rollout resume');
  });

  it('leaves offline tenants behind once another has succeeded, and starts them when they come back', () => {
    const world = createWorld({ tenants: fleetOf(4, 4), settings: { canary: '2', reconnect_jitter_s: 0 } });
    world.connect('h0', false);
    world.step();
    world.begin('t01');
    world.end('t01', 'success');
    world.step();
    expect(slugs(world.step().actions.starts)).toEqual(['t02', 't03']);
    world.connect('h0', true);
    expect(slugs(world.step().actions.starts)).toEqual(['t00']);
  });

  it('ends at once where everybody is there already', () => {
    const tenants = fleetOf(3, 3).map((tenant) => ({ ...tenant, version: 'v0.4.0' }));
    const world = createWorld({ tenants });
    expect(world.step().actions).toMatchObject({ starts: [], becomes: { state: 'done' } });
  });
});

describe('decide', () => {
  it('answers the same for the same', () => {
    const world = createWorld({ tenants: fleetOf(9, 3), settings: { canary: '9' } });
    const copy = structuredClone(world.now);
    expect(decide(copy, world.fleet, iso(start))).toEqual(world.decide());
    expect(copy).toEqual(world.now);
  });
});
