import { describe, expect, it } from 'vitest';
import * as changes from '../../../../controller/rollout/changes.js';
import { AppError } from '../../../../shared/errors.js';
import type { RetryBody } from '../../../../shared/wire/rollouts_api.js';
import { createWorld, type World } from './world.js';

const asking = { name: 'ann', reason: 'lunch', at: '2026-11-30T12:00:00.000Z' };
const [aa, ab, bb] = ['aa'.repeat(32), `aa${'b'.repeat(62)}`, 'bb'.repeat(32)];
const codeOf = (answer: unknown) => (answer instanceof AppError ? answer.code : answer);

/** Four tenants on four hosts, all offered; t0 has succeeded, t1 failed. */
function makeWorld(): World {
  const plans = [aa, ab, bb, null];
  const tenants = plans.map((plan_class, index) => ({ slug: `t${index}`, host: `h${index}`, plan_class }));
  const world = createWorld({ tenants, settings: { canary: '4', failures: '3' }, approved: [aa, ab, bb] });
  world.step();
  world.begin('t0');
  world.end('t0', 'success');
  world.begin('t1');
  world.end('t1', 'rolled_back', 's');
  return world;
}

const waiving = (...tenants: string[]) => ({ tenants, unreachable: new Set<string>() });

const ended = ['done', 'aborted'] as const;
const every: Record<string, (world: World) => unknown> = {
  pause: ({ now }) => changes.pause(now, asking),
  resume: ({ now }) => changes.resume(now, { failures: '4', counted: 1 }),
  abort: ({ now }) => changes.abort(now, asking),
  retry: ({ now }) => changes.retry(now, { tenants: [], fixed: true, dry_run: false }),
  waive: ({ now }) => changes.waive(now, waiving('t1')),
  approve: ({ now }) => changes.approve(now, { plan_classes: [bb], next_wave: false }),
};

describe.each(Object.entries(every))('%s', (_name, change) => {
  it.each(ended)('is refused once the rollout is %s', (state) => {
    const world = makeWorld();
    Object.assign(world.now.rollout, { state, ended_at: asking.at });
    expect(codeOf(change(world))).toBe('has-ended');
  });

  it('is refused while the rollout is being aborted, and is taken while it runs', () => {
    const world = makeWorld();
    expect(change(world)).not.toBeInstanceOf(AppError);
    world.now.rollout.state = 'aborting';
    expect(codeOf(change(world))).toBe('has-ended');
  });
});

describe('a pause', () => {
  it('says who asked, and why', () => {
    expect(changes.pause(makeWorld().now, asking)).toEqual({ state: 'paused', why: 'paused by ann: lunch' });
    expect(changes.pause(makeWorld().now, { ...asking, reason: null })).toMatchObject({ why: 'paused by ann' });
  });

  it.each(['paused', 'halted'] as const)('has nothing to do in a rollout that is %s', (state) => {
    const { now } = makeWorld();
    now.rollout.state = state;
    expect(codeOf(changes.pause(now, asking))).toBe('nothing-to-do');
  });
});

describe('resuming', () => {
  it('is refused while as many have failed as the budget allows', () => {
    const { now } = makeWorld();
    now.rollout.state = 'halted';
    const refused = changes.resume(now, { failures: undefined, counted: 3 });
    expect(codeOf(refused)).toBe('unresolved');
    expect(refused instanceof AppError && refused.hint).toContain('--failures 4');
    expect(changes.resume(now, { failures: '1', counted: 1 })).toMatchObject({
      message: 'the rollout r1 has 1 failure, and halts at 1',
    });
    expect(changes.resume(now, { failures: undefined, counted: 2 })).toEqual({
      state: 'running',
      why: null,
      budget: 3,
    });
    expect(changes.resume(now, { failures: '4', counted: 3 })).toMatchObject({ state: 'running', budget: 4 });
  });

  it('takes a share of the targets that are not skipped as a budget', () => {
    const { now } = makeWorld();
    now.rollout.state = 'paused';
    now.targets[3] = { ...makeWorld().find('t3'), wave: null, stage: 'skipped' };
    expect(changes.resume(now, { failures: '50%', counted: 0 })).toMatchObject({ budget: 2 });
  });

  it('is refused after a halt for one failure that has repeated, until those are fewer or more are allowed', () => {
    const { now, find } = makeWorld();
    const failed = { stage: 'ended', outcome: 'failed', signature: 's' };
    for (const slug of ['t1', 't2', 't3']) Object.assign(find(slug), failed);
    Object.assign(now.rollout, { state: 'halted', budget: 9 });
    const refused = changes.resume(now, { failures: undefined, counted: 3 });
    expect(refused).toMatchObject({ code: 'unresolved', message: expect.stringContaining('in the same way (s)') });
    expect(changes.resume(now, { failures: '9', counted: 3 })).toMatchObject({ state: 'running' });
    find('t3').stage = 'waived';
    expect(changes.resume(now, { failures: undefined, counted: 2 })).toMatchObject({ state: 'running' });
  });

  it('is possible whatever has failed while the rollout goes back', () => {
    const { now } = makeWorld();
    Object.assign(now.rollout, { state: 'paused', direction: 'back' });
    expect(changes.resume(now, { failures: undefined, counted: 3 })).toMatchObject({ state: 'running' });
  });

  it('has nothing to do in a rollout that runs, unless the budget is new', () => {
    const { now } = makeWorld();
    expect(codeOf(changes.resume(now, { failures: undefined, counted: 0 }))).toBe('nothing-to-do');
    expect(changes.resume(now, { failures: '4', counted: 0 })).toMatchObject({ state: 'running', budget: 4 });
  });
});

const body = (more: Partial<RetryBody> = {}): RetryBody => ({ tenants: [], fixed: false, dry_run: false, ...more });

describe('a retry', () => {
  it.each(['failed', 'rolled_back', 'refused', 'cancelled', 'expired'] as const)('takes what is %s', (outcome) => {
    const { now, find } = makeWorld();
    find('t1').outcome = outcome;
    expect(changes.retry(now, body())).toEqual({ retry: ['t1'] });
  });

  it.each(['success', 'needs_operator', 'plan_changed', 'taken_back'] as const)('leaves what is %s', (outcome) => {
    const { now, find } = makeWorld();
    find('t1').outcome = outcome;
    expect(codeOf(changes.retry(now, body()))).toBe('nothing-to-do');
  });

  it('takes a named tenant whatever its end was, but for a success', () => {
    const { now, find } = makeWorld();
    find('t1').outcome = 'needs_operator';
    expect(changes.retry(now, body({ tenants: ['t1'] }))).toEqual({ retry: ['t1'] });
    expect(codeOf(changes.retry(now, body({ tenants: ['t0'] })))).toBe('nothing-to-do');
    expect(codeOf(changes.retry(now, body({ tenants: ['zz'] })))).toBe('invalid');
  });

  it('holds what failed at this commit until somebody says that it is mended', () => {
    const { now, find } = makeWorld();
    find('t1').failed_before = 'migrate | - | exit N';
    const refused = changes.retry(now, body());
    expect(codeOf(refused)).toBe('unresolved');
    expect(refused instanceof AppError && refused.message).toContain('(migrate: exit N)');
    expect(changes.findRetried(now, body())).toEqual({
      retried: [],
      held: [{ slug: 't1', signature: 'migrate | - | exit N' }],
    });
    expect(changes.retry(now, body({ fixed: true }))).toEqual({ retry: ['t1'], fixed: ['t1'] });
  });

  it('frees one that waits because of a failure of before, if that is mended', () => {
    const { now, find } = makeWorld();
    Object.assign(find('t1'), { stage: 'waiting', outcome: null, failed_before: 's' });
    expect(codeOf(changes.retry(now, body()))).toBe('nothing-to-do');
    expect(changes.retry(now, body({ fixed: true }))).toEqual({ retry: ['t1'], fixed: ['t1'] });
    expect(codeOf(changes.retry(now, body({ fixed: true, tenants: ['t0'] })))).toBe('nothing-to-do');
  });
});

describe('a waiver', () => {
  it('is refused of a tenant that is being upgraded, or is none of the rollout', () => {
    const { now } = makeWorld();
    expect(changes.waive(now, waiving('t1'))).toEqual({ waive: ['t1'] });
    expect(codeOf(changes.waive(now, waiving('t1', 't2')))).toBe('busy');
    expect(codeOf(changes.waive(now, waiving('zz')))).toBe('invalid');
  });

  it('is refused of a tenant that has been upgraded, but where the rollout goes back', () => {
    const { now } = makeWorld();
    expect(codeOf(changes.waive(now, waiving('t1', 't0')))).toBe('nothing-to-do');
    now.rollout.direction = 'back';
    expect(changes.waive(now, waiving('t1', 't0'))).toEqual({ waive: ['t1', 't0'] });
  });

  it('is taken of a tenant whose host is away with its upgrade', () => {
    const { now } = makeWorld();
    expect(changes.waive(now, { tenants: ['t2'], unreachable: new Set(['t2']) })).toEqual({ waive: ['t2'] });
  });
});

const approve = (world: World, plan_classes: string[], next_wave = false) =>
  changes.approve(world.now, { plan_classes, next_wave });

describe('an approval', () => {
  it('takes the first digits of a class, if they are those of one alone', () => {
    expect(approve(makeWorld(), ['bbbb'])).toEqual({ approve: [bb] });
    expect(approve(makeWorld(), ['aaaa'])).toEqual({ approve: [aa] });
    const several = approve(makeWorld(), ['aa']);
    expect(several instanceof AppError && several.message).toContain('several plan classes begin with aa');
    const none = approve(makeWorld(), ['cccc']);
    expect(none instanceof AppError && [none.message, none.hint].join()).toContain('aaaaaaaa');
  });

  it('is refused where every plan runs, and where nothing is named', () => {
    const world = makeWorld();
    expect(codeOf(approve(world, []))).toBe('invalid');
    world.now.rollout.approved = null;
    expect(codeOf(approve(world, [bb]))).toBe('invalid');
  });

  it('opens the next wave, if there is one', () => {
    const world = makeWorld();
    expect(codeOf(approve(world, [], true))).toBe('nothing-to-do');
    const [canary] = world.now.rollout.waves;
    if (canary === undefined) throw new Error('a canary');
    world.now.rollout.waves = [canary, { ...canary, no: 1, name: 'rest', opened_at: null }];
    expect(approve(world, [], true)).toEqual({ approve: [], approve_wave: 1 });
  });
});

describe('a rollback', () => {
  it('goes back also after the end, and has something to undo', () => {
    const { now } = makeWorld();
    expect(changes.rollBack(now, asking)).toEqual({
      direction: 'back',
      state: 'running',
      why: 'rolled back by ann: lunch',
      roll_back_again: [],
    });
    Object.assign(now.rollout, { state: 'done', ended_at: asking.at });
    expect(changes.rollBack(now, asking)).toMatchObject({ direction: 'back' });
    now.latest.delete('t0');
    expect(codeOf(changes.rollBack(now, asking))).toBe('nothing-to-do');
  });

  it('orders again what has failed, and has nothing retried meanwhile', () => {
    const { now, find } = makeWorld();
    Object.assign(find('t0'), { rollback: 'failed' });
    Object.assign(now.rollout, { direction: 'back', state: 'done', ended_at: asking.at });
    expect(changes.rollBack(now, asking)).toMatchObject({ roll_back_again: ['t0'] });
    Object.assign(now.rollout, { state: 'running', ended_at: null });
    expect(codeOf(changes.retry(now, body({ fixed: true })))).toBe('busy');
  });

  it('is refused while one goes on, and possible again after it', () => {
    const { now } = makeWorld();
    now.rollout.direction = 'back';
    expect(codeOf(changes.rollBack(now, asking))).toBe('nothing-to-do');
    now.rollout.ended_at = asking.at;
    expect(changes.rollBack(now, asking)).toMatchObject({ direction: 'back' });
  });
});
