// What a rollout of ten thousand tenants does next, decided again with each step: at its start, halfway and at its end.
import { createArrange } from '../../../controller/rollout/start/arrange.js';
import { decide } from '../../../controller/rollout/decide/decide.js';
import type { FleetNow } from '../../../controller/rollout/decide/fleet_now.js';
import type { RolloutNow, StoredTarget } from '../../../controller/store/rollouts.js';
import { rolloutSettingsSchema } from '../../../shared/model/rollout.js';
import type { Row } from '../row.js';

const [size, small] = [10_000, 1000];
const at = '2026-01-01T12:00:00.000Z';
const before = '2026-01-01T11:00:00.000Z';
/** How many of a hundred targets have ended, and how many run. */
const moments = { start: [0, 0], 'a wave of all': [0, 0], offline: [0, 0], halfway: [50, 20], end: [100, 0] } as const;
type Moment = keyof typeof moments;

export const decideAll: Row = {
  name: 'decide',
  what: `the slowest decision over ${size} targets: at the start, with all starting at once, with all hosts away, halfway and at the end`,
  unit: 'ms',
  bound: 'figure',
  limit: 10,
  target: 3,
  async measure() {
    const names = Object.keys(moments).filter((name): name is Moment => name in moments);
    const parts = names.map((name) => ({ name, ms: measureMoment(name, size) }));
    const figure = Math.max(...parts.map(({ ms }) => ms));
    const control = Math.max(...names.map((name) => measureMoment(name, small)));
    const shown = parts.map(({ name, ms }) => `${name} ${ms.toFixed(1)} ms`).join(', ');
    return { measured: { figure, control, ratio: figure / control }, remark: `the control is ${small}; ${shown}` };
  },
};

/** The median of some decisions, in milliseconds of the processor's time, once the code is warm. */
function measureMoment(moment: Moment, targets: number): number {
  const now = makeRollout(moment, targets);
  const here = { isConnected: moment !== 'offline', since: before, wasAway: false, hasCaughtUp: true };
  const fleet: FleetNow = { host: () => here };
  const took: number[] = [];
  for (let times = 0; times < 41; times += 1) {
    const since = process.cpuUsage();
    decide(now, fleet, at);
    const { user, system } = process.cpuUsage(since);
    took.push((user + system) / 1000);
  }
  return took.slice(20).toSorted((left, right) => left - right)[10] ?? 0;
}

function makeRollout(moment: Moment, size: number): RolloutNow {
  const isOneWave = moment === 'a wave of all' || moment === 'offline';
  const given = isOneWave ? { canary: '100%', max_parallel: 10_000, per_host: 1000 } : { waves: ['10%', '50%'] };
  const settings = rolloutSettingsSchema.parse(given);
  const version = 'v0.2.0';
  const candidates = Array.from({ length: size }, (_, n) => ({
    slug: `t${n}`,
    host: `h${n % 500}`,
    version: 'v0.1.0',
    plan_class: null,
    is_connected: true,
  }));
  const arranged = createArrange({ version, settings, approved: null })(candidates);
  const waveOf = new Map(arranged.waves.flatMap(({ slugs }, no) => slugs.map((slug) => [slug, no] as const)));
  const openedAt = moment === 'start' || isOneWave ? null : before;
  const rollout: RolloutNow['rollout'] = {
    id: 'r1',
    version,
    commit: 'c'.repeat(40),
    where: null,
    plan: null,
    settings,
    state: 'running',
    direction: 'forward',
    why: null,
    since: before,
    budget: 3,
    approved: null,
    canary_misses: [],
    counts: null,
    estimated_end: null,
    waves: arranged.waves.map(({ name }, no) => ({
      no,
      name,
      opened_at: openedAt,
      passed_at: null,
      approved_at: null,
    })),
    created_at: before,
    created_by: 'bench',
    ended_at: null,
  };
  const targets = candidates.map(({ slug, host }, n) =>
    makeTarget(moment, n, { slug, host, wave: waveOf.get(slug) ?? null }),
  );
  return { rollout, targets, busy: new Map(), seen: new Map(), latest: new Set<string>(), next_freeze_at: null };
}

type Place = Pick<StoredTarget, 'slug' | 'host' | 'wave'>;

/** With its keys as the store makes them. */
function makeTarget(moment: Moment, n: number, { slug, host, wave }: Place): StoredTarget {
  const [ended, running] = moments[moment];
  const part = n % 100;
  const hasEnded = part < ended;
  const isRunning = !hasEnded && part < ended + running;
  const hasBegun = hasEnded || isRunning;
  return {
    slug,
    host,
    wave,
    stage: hasEnded ? 'ended' : isRunning ? 'running' : 'waiting',
    outcome: hasEnded ? 'success' : null,
    attempt: hasBegun ? 1 : 0,
    upgrade: hasBegun ? `u${n}` : null,
    retried_at: null,
    ordered_at: hasBegun ? before : null,
    began_at: hasBegun ? before : null,
    ended_at: hasEnded ? at : null,
    is_withdrawn: false,
    holds_order: false,
    plan_class: null,
    signature: null,
    failed_before: null,
    version: hasEnded ? null : 'v0.1.0',
    other_upgrade: null,
    frozen_by: null,
    frozen_from: null,
    rollback: null,
  };
}
