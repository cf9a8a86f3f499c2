// What holds for every fleet, every order of events and every failure.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide } from '../../../../controller/rollout/decide/decide.js';
import { isCounted, tally } from '../../../../controller/rollout/decide/tally.js';
import type { Outcome } from '../../../../shared/model/rollout.js';
import { isLong, sampleSeed } from '../../../helpers/sample_seed.js';
import { createWorld, iso, type World } from './world.js';

const tenants = fc
  .array(fc.record({ host: fc.nat(4), plan: fc.nat(2), isThere: fc.boolean() }), { minLength: 1, maxLength: 14 })
  .map((given) =>
    given.map(({ host, plan, isThere }, index) => ({
      slug: `t${index}`,
      host: `h${host}`,
      plan_class: String(plan).repeat(64),
      version: isThere && index % 3 === 0 ? 'v0.4.0' : 'v0.3.0',
    })),
  );
const settings = fc.record({
  canary: fc.constantFrom('1', '2', '50%'),
  waves: fc.constantFrom<string[][]>([], ['2'], ['25%', '25%']),
  max_parallel: fc.integer({ min: 1, max: 5 }),
  per_host: fc.integer({ min: 1, max: 2 }),
  failures: fc.constantFrom('1', '2', '20%'),
  repeats: fc.integer({ min: 1, max: 3 }),
  soak_s: fc.constantFrom(0, 60),
  give_up_after_s: fc.constant(3600),
  unreachable_after_s: fc.constant(300),
  wave_deadline_s: fc.constantFrom(null, 900),
  reconnect_jitter_s: fc.constantFrom(0, 20),
});
/** What happens next: which, to whom. */
const event = fc.record({
  what: fc.constantFrom(
    'begin',
    'success',
    'fail',
    'step',
    'time',
    'cut',
    'back',
    'pause',
    'resume',
    'freeze',
    'thaw',
    'change',
    'retry',
  ),
  who: fc.nat(13),
});

/** The outcomes that a host may tell. */
const failures: readonly Outcome[] = ['failed', 'rolled_back', 'refused', 'needs_operator', 'expired', 'cancelled'];

function happen(world: World, { what, who }: { what: string; who: number }): void {
  const { targets, rollout } = world.now;
  const own = targets[who % targets.length];
  if (own === undefined) return;
  const isHere = world.fleet.host(own.host).isConnected;
  if (what === 'begin' && own.stage === 'offered' && isHere) world.begin(own.slug);
  if (what === 'success' && own.stage === 'running' && isHere) world.end(own.slug, 'success');
  if (what === 'fail' && (own.stage === 'running' || own.stage === 'offered') && isHere) {
    world.end(own.slug, failures[who % failures.length] ?? 'failed', `s${who % 2}`);
  }
  if (what === 'change' && own.stage === 'offered' && isHere) {
    world.end(own.slug, 'plan_changed');
    own.plan_class = '2'.repeat(64);
  }
  if (what === 'time') world.ms += 30_000;
  if (what === 'cut') world.connect(own.host, false);
  if (what === 'back') world.connect(own.host, true);
  if (what === 'pause' && rollout.state === 'running') rollout.state = 'paused';
  if (what === 'resume' && rollout.state === 'paused') goOn(world);
  if (what === 'freeze') own.frozen_by = 'xmas';
  if (what === 'thaw') own.frozen_by = null;
  if (what === 'retry' && own.stage === 'ended' && isCounted(own) && rollout.state === 'running') {
    Object.assign(own, { stage: 'waiting', outcome: null, retried_at: iso(world.ms) });
  }
}

function goOn({ now: { rollout }, ms }: World): void {
  Object.assign(rollout, { state: 'running', since: iso(ms) });
}

/** One step, and what must hold of it. */
function stepAndLook(world: World): void {
  const { rollout, targets } = world.now;
  const before = tally(world.now, world.fleet, iso(world.ms));
  const state = rollout.state;
  const openBefore = new Map(
    targets.map(({ slug, stage, attempt, frozen_by }) => [slug, { stage, attempt, frozen_by }]),
  );
  const copy = structuredClone(world.now);
  const decision = world.step();
  // A controller that restarts here decides the same.
  expect(decide(copy, world.fleet, iso(world.ms))).toEqual(decision);
  const { starts } = decision.actions;
  if (starts.length === 0) return;
  expect(state).toBe('running');
  expect(before.counted).toBeLessThan(rollout.budget);
  expect(before.active + starts.length).toBeLessThanOrEqual(rollout.settings.max_parallel);
  const last = rollout.waves.findLastIndex(({ opened_at: openedAt }) => openedAt !== null);
  for (const { slug } of starts) {
    const was = openBefore.get(slug);
    const own = world.find(slug);
    expect(was).toMatchObject({ frozen_by: null });
    expect(['waiting', 'ended']).toContain(was?.stage);
    expect(own.attempt).toBe((was?.attempt ?? 0) + 1);
    expect(own.wave).toBeLessThanOrEqual(last);
    expect(own.plan_class === null || rollout.approved === null || rollout.approved.includes(own.plan_class)).toBe(
      true,
    );
  }
  expect(new Set(starts.map(({ slug }) => slug)).size).toBe(starts.length);
}

/** Everything goes well from here on: hosts come back, upgrades succeed, time passes. */
function finish(world: World): void {
  const { rollout, targets } = world.now;
  for (let turn = 0; turn < 500 && rollout.ended_at === null && rollout.state !== 'halted'; turn += 1) {
    if (rollout.state === 'paused') goOn(world);
    for (const own of targets) {
      own.frozen_by = null;
      world.connect(own.host, true);
      if (own.stage === 'running') world.end(own.slug, 'success');
      if (own.stage === 'offered') {
        if (own.is_withdrawn) world.end(own.slug, 'cancelled');
        else world.begin(own.slug);
      }
    }
    stepAndLook(world);
    world.ms += 60_000;
  }
}

it('keeps its promises, and ends or halts', () => {
  const property = fc.property(
    fc.record({ given: tenants, set: settings, hasPlan: fc.boolean(), events: fc.array(event, { maxLength: 60 }) }),
    ({ given, set, hasPlan, events }) => {
      const approved = hasPlan ? ['0'.repeat(64), '1'.repeat(64)] : null;
      const world = createWorld({ tenants: given, settings: set, approved });
      for (const one of events) {
        happen(world, one);
        stepAndLook(world);
      }
      finish(world);
      const { state } = world.now.rollout;
      expect(['done', 'halted']).toContain(state);
      // One run per tenant and attempt.
      const keys = world.starts.map(({ slug, attempt }) => `${slug} ${attempt}`);
      expect(new Set(keys).size).toBe(keys.length);
    },
  );
  fc.assert(property, { seed: sampleSeed, numRuns: isLong ? 5000 : 100 });
});
