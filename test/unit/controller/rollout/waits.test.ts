import { describe, expect, it } from 'vitest';
import { createWorld, iso, start, type WorldOptions } from './world.js';

const fleetOf = (count: number, hosts: number) =>
  Array.from({ length: count }, (_, index) => ({
    slug: `t${String(index).padStart(2, '0')}`,
    host: `h${index % hosts}`,
  }));
const slugs = (starts: readonly { slug: string }[]) => starts.map(({ slug }) => slug);
const one = (settings: WorldOptions['settings'] = {}) =>
  createWorld({ tenants: fleetOf(1, 1), settings: { canary: '1', ...settings } });

describe('a rollout', () => {
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
    world.now.busy = new Map([['h0', 1]]);
    world.ms += 599_999;
    world.end('t01', 'success');
    expect(world.step().waveWaits.get(0)).toBe('1 has not started');
    Object.assign(world.find('t01'), { stage: 'running', outcome: null });
    world.ms += 1;
    expect(world.step().waveWaits.get(0)).toBe('1 runs');
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

  it('lets no host begin once a planned freeze holds the tenant', () => {
    const world = createWorld({
      tenants: fleetOf(2, 2),
      settings: { canary: '2', max_parallel: 2, start_within_s: 3600 },
    });
    world.find('t00').frozen_from = '2026-11-30T12:20:00.000Z';
    world.find('t01').frozen_from = '2026-12-24T00:00:00.000Z';
    expect(world.step().actions.starts).toEqual([
      { slug: 't00', expires_at: '2026-11-30T12:20:00.000Z' },
      { slug: 't01', expires_at: '2026-11-30T13:00:00.000Z' },
    ]);
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
    expect(world.step().waits.get('t00')).toMatchObject({
      rule: 'failed-before',
      text: 'it has failed at this commit before: `drover rollout retry r1 t00 --fixed` once that is mended (migrate|duplicate column)',
    });
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
});
