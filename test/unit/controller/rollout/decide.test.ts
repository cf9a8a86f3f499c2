import { describe, expect, it } from 'vitest';
import { decide } from '../../../../controller/rollout/decide.js';
import { rules } from '../../../../controller/rollout/rules.js';
import { waitRules } from '../../../../shared/model/rollout.js';
import { createWorld, iso, start, type WorldOptions } from './world.js';

const fleetOf = (count: number, hosts: number) =>
  Array.from({ length: count }, (_, index) => ({
    slug: `t${String(index).padStart(2, '0')}`,
    host: `h${index % hosts}`,
  }));
const slugs = (starts: readonly { slug: string }[]) => starts.map(({ slug }) => slug);
const one = (settings: WorldOptions['settings'] = {}) =>
  createWorld({ tenants: fleetOf(1, 1), settings: { canary: '1', ...settings } });

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
    expect(waits.get('t03')?.rule).toBe('host-busy');
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
    expect(actions.becomes?.why).toContain('2 of at most 2 failures');
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
    expect(world.decide().actions.becomes?.why).toContain('1 of at most 1 failures');
    world.connect('h0', true);
    expect(world.decide().actions.becomes).toBeNull();
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
    const { waveWaits, waits } = world.step();
    expect(waits.get('t00')?.rule).toBe('offline');
    expect(waveWaits.get(0)).toBe('none of it has succeeded');
    expect(world.now.rollout.waves[1]?.opened_at).toBeNull();
    world.ms += 3_600_000;
    world.step();
    expect(world.find('t00').outcome).toBe('expired');
    expect(world.now.rollout).toMatchObject({ state: 'halted' });
    expect(world.now.rollout.why).toContain('the canary cannot pass: none of it has succeeded');
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

  it('soaks between waves', () => {
    const world = createWorld({ tenants: fleetOf(2, 2), settings: { canary: '1', soak_s: 1800 } });
    world.step();
    world.begin('t00');
    world.end('t00', 'success');
    world.step();
    const { waits, nextAt } = world.step();
    expect(waits.get('t01')).toMatchObject({ rule: 'wave', until: iso(start + 1_800_000) });
    expect(nextAt).toBe(iso(start + 1_800_000));
    world.ms += 1_800_000;
    expect(slugs(world.step().actions.starts)).toEqual(['t01']);
  });

  it('waits for an approval after the canary where that is asked for', () => {
    const world = createWorld({ tenants: fleetOf(2, 2), settings: { canary: '1', pause_after_canary: true } });
    world.step();
    world.begin('t00');
    world.end('t00', 'success');
    world.step();
    expect(world.step().waits.get('t01')?.rule).toBe('approval');
    const [canary, rest] = world.now.rollout.waves;
    if (canary === undefined || rest === undefined) throw new Error('two waves');
    world.now.rollout.waves = [canary, { ...rest, approved_at: iso(world.ms) }];
    expect(slugs(world.step().actions.starts)).toEqual(['t01']);
  });

  it('leaves behind at the deadline what has not begun, and not what runs', () => {
    const world = createWorld({
      tenants: fleetOf(4, 2),
      settings: { canary: '3', wave_deadline_s: 600, max_parallel: 2 },
    });
    world.step();
    world.begin('t00');
    world.end('t00', 'success');
    world.begin('t01');
    world.ms += 600_000;
    world.now.busy = new Map([['h0', 1]]);
    expect(world.step().waveWaits.get(0)).toBe('1 of it run');
    world.end('t01', 'success');
    world.step();
    expect(world.now.rollout.waves[0]?.passed_at).toBe(iso(world.ms));
  });

  it.each(['paused', 'halted', 'aborting'] as const)('starts nothing while it is %s, and withdraws once', (state) => {
    const world = createWorld({ tenants: fleetOf(4, 4), settings: { canary: '4', max_parallel: 2 } });
    world.step();
    world.begin('t00');
    world.now.rollout.state = state;
    expect(world.step().actions).toMatchObject({ starts: [], withdrawals: ['t01'], becomes: null });
    expect(world.step().actions).toMatchObject({ starts: [], withdrawals: [] });
    world.end('t01', 'cancelled');
    world.end('t00', 'success');
    const becomes = state === 'aborting' ? { state: 'aborted' } : null;
    expect(world.step().actions).toMatchObject({ starts: [], becomes });
  });

  it('tries a withdrawn tenant again when it goes on', () => {
    const world = one();
    world.step();
    world.now.rollout.state = 'paused';
    world.step();
    world.end('t00', 'cancelled');
    world.now.rollout.state = 'running';
    world.step();
    expect(world.starts).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
  });

  it('withdraws the tenants of a freeze, and starts none of them', () => {
    const world = createWorld({ tenants: fleetOf(3, 3), settings: { canary: '3', max_parallel: 2 } });
    world.step();
    world.begin('t01');
    for (const slug of ['t00', 't01', 't02']) world.find(slug).frozen_by = 'xmas';
    const { actions, waits } = world.step();
    expect(actions).toMatchObject({ starts: [], withdrawals: ['t00'] });
    expect(waits.get('t02')).toMatchObject({ rule: 'frozen' });
    expect(waits.get('t02')?.text).toContain('drover freeze except xmas t02');
  });

  it('starts in its windows only, and lets no host begin after the end', () => {
    const windows = [{ days: ['mon' as const], from: '13:00', until: '13:30', zone: 'UTC' }];
    const world = one({ windows });
    expect(world.step()).toMatchObject({ actions: { starts: [] }, nextAt: '2026-11-30T13:00:00.000Z' });
    world.ms = Date.parse('2026-11-30T13:10:00.000Z');
    expect(world.step().actions.starts).toEqual([{ slug: 't00', expires_at: '2026-11-30T13:30:00.000Z' }]);
  });

  it('runs only approved plans, and offers a tenant without a plan an approved one', () => {
    const tenants = [
      { slug: 'a', host: 'h0', plan_class: 'aa'.repeat(32) },
      { slug: 'b', host: 'h1', plan_class: 'bb'.repeat(32) },
      { slug: 'c', host: 'h2', plan_class: null },
    ];
    const world = createWorld({ tenants, settings: { canary: '3' }, approved: ['aa'.repeat(32)] });
    const { actions, waits } = world.step();
    expect(slugs(actions.starts).toSorted()).toEqual(['a', 'c']);
    expect(waits.get('b')).toMatchObject({ rule: 'plan-changed' });
    world.end('c', 'plan_changed');
    world.find('c').plan_class = 'bb'.repeat(32);
    expect(world.step().waits.get('c')?.text).toContain('drover rollout approve r1 --plan bbbbbbbb');
    world.now.rollout.approved = ['aa'.repeat(32), 'bb'.repeat(32)];
    expect(slugs(world.step().actions.starts).toSorted()).toEqual(['b', 'c']);
  });

  it('does not try a tenant again that has failed at this commit before', () => {
    const world = one();
    world.find('t00').failed_before = 'migrate|duplicate column';
    expect(world.step().waits.get('t00')).toMatchObject({ rule: 'failed-before' });
  });

  it('waits for another upgrade of the tenant, for its host, and until that has told what it did', () => {
    const world = one();
    world.find('t00').other_upgrade = 'u9';
    expect(world.step().waits.get('t00')?.rule).toBe('busy');
    world.find('t00').other_upgrade = null;
    Object.assign(world.hosts.get('h0') ?? {}, { hasCaughtUp: false });
    expect(world.step().waits.get('t00')?.rule).toBe('catching-up');
    world.connect('h0', false);
    expect(world.step().waits.get('t00')?.rule).toBe('offline');
  });

  it('spreads the tenants of hosts that come back over the jitter', () => {
    const world = createWorld({
      tenants: fleetOf(40, 40),
      settings: { canary: '40', max_parallel: 40, reconnect_jitter_s: 60 },
    });
    for (let host = 0; host < 40; host += 1) {
      world.connect(`h${host}`, false);
      world.connect(`h${host}`, true);
    }
    const perTick = [];
    for (let tick = 0; tick < 7; tick += 1) {
      perTick.push(world.step().actions.starts.length);
      world.ms += 10_000;
    }
    expect(perTick.reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(Math.max(...perTick)).toBeLessThan(20);
  });

  it('ends at once where everybody is there already', () => {
    const tenants = fleetOf(3, 3).map((tenant) => ({ ...tenant, version: 'v0.4.0' }));
    const world = createWorld({ tenants });
    expect(world.step().actions).toMatchObject({ starts: [], becomes: { state: 'done' } });
  });

  it('goes back a few at once, and touches only what it has upgraded last', () => {
    const world = createWorld({ tenants: fleetOf(5, 5), settings: { canary: '5', max_parallel: 5 } });
    world.step();
    for (const slug of ['t00', 't01', 't02', 't03']) {
      world.begin(slug);
      world.end(slug, 'success');
    }
    world.end('t04', 'failed');
    world.find('t03').is_latest = false;
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
});

describe('decide', () => {
  it('answers the same for the same', () => {
    const world = createWorld({ tenants: fleetOf(9, 3), settings: { canary: '9' } });
    const copy = structuredClone(world.now);
    expect(decide(copy, world.fleet, iso(start))).toEqual(world.decide());
    expect(copy).toEqual(world.now);
  });
});
