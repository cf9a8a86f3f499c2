// Rolls a rollout back: the tenants that it has upgraded, a few at once, without waves.
import type { RolloutNow } from '../../store/rollouts.js';
import { countTargets } from './count_targets.js';
import type { Decision } from './decision.js';
import type { FleetNow } from './fleet_now.js';
import type { Moments } from './moments.js';
import type { Wait } from './rule.js';
import { offline } from './rules/host.js';
import { hostBusy, maxParallel } from './rules/slots.js';
import { stopped } from './rules/stopped.js';
import type { Tally } from './tally.js';
import { hasSucceeded } from './waves.js';

/** A rollback starts now or not at all: a host that does not begin it within this time refuses it. */
const withinMs = 10 * 60_000;

export interface GoingBack {
  now: RolloutNow;
  fleet: FleetNow;
  tally: Tally;
  moments: Moments;
  /** ISO 8601. */
  at: string;
}

/** Only tenants whose latest upgrade is this rollout's are rolled back: those that somebody has changed since stay so. */
export function decideBack({ now, fleet, tally, moments, at }: GoingBack): Decision {
  const { rollout, targets } = now;
  const context = { now, fleet, tally, waves: { last: rollout.waves.length, holds: null, hasNext: false }, at };
  const finds = [stopped, offline, hostBusy, maxParallel].map((rule) => rule.prepare(context));
  const waits = new Map<string, Wait>();
  const rollbacks: { slug: string; expires_at: string }[] = [];
  const expiresAt = new Date(Date.parse(at) + withinMs).toISOString();
  const giveUpAt = new Date(Date.parse(rollout.since) + rollout.settings.give_up_after_s * 1000).toISOString();
  let open = 0;
  for (const target of targets) {
    if (target.rollback === 'open' || target.stage === 'running' || target.stage === 'offered') {
      if (!tally.unreachable.has(target.slug)) open += 1;
      continue;
    }
    if (!hasSucceeded(target) || target.rollback !== null || !now.latest.has(target.slug)) continue;
    let wait: Wait | null = null;
    for (const find of finds) {
      wait = find(target);
      if (wait !== null) break;
    }
    if (wait === null) {
      rollbacks.push({ slug: target.slug, expires_at: expiresAt });
      tally.active += 1;
      tally.onHost.set(target.host, (tally.onHost.get(target.host) ?? 0) + 1);
      open += 1;
    } else if (rollout.state !== 'aborting' && (wait.rule !== 'offline' || giveUpAt > at)) {
      waits.set(target.slug, wait);
      moments.add(giveUpAt);
      open += 1;
    }
  }
  const withdrawals = targets.filter(
    ({ stage, holds_order: holdsOrder, is_withdrawn: isWithdrawn }) =>
      (stage === 'offered' || holdsOrder) && !isWithdrawn,
  );
  const isOver = open === 0 && (rollout.state === 'running' || rollout.state === 'aborting');
  const actions = {
    starts: [],
    rollbacks,
    withdrawals: withdrawals.map(({ slug }) => slug),
    settled: [],
    waves: [],
    becomes: isOver
      ? { state: rollout.state === 'aborting' ? ('aborted' as const) : ('done' as const), why: rollout.why }
      : null,
    counts: countTargets(now, tally, waits),
    estimated_end: null,
  };
  return { actions, waits, unreachable: tally.unreachable, waveWaits: new Map(), nextAt: moments.next() };
}
