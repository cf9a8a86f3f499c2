// Judges each target of a rollout that goes forward: it starts, waits and why, is settled, or is withdrawn.
import type { RolloutNow, StoredTarget } from '../../store/rollouts.js';
import { createIsThere } from './compare_version.js';
import type { Moments } from './moments.js';
import type { RuleContext, Wait } from './rule.js';
import { givenUp, leftBehind, rules } from './rules.js';
import { isActive } from './tally.js';
import { emptyWave, hasSucceeded, type WaveTally } from './waves.js';
import { openingAt } from '../windows.js';

export interface Judged {
  starts: { slug: string; expires_at: string }[];
  settled: { slug: string; as: 'expired' | 'skipped' }[];
  withdrawals: string[];
  waits: Map<string, Wait>;
  /** Of each wave, with what starts now. */
  waves: WaveTally[];
  /** How many have not settled; the unreachable count as settled once they are given up. */
  unsettled: number;
}

export interface Judging extends RuleContext {
  isRunning: boolean;
  moments: Moments;
}

/** Takes slots in `tally` for what it starts. */
export function judgeTargets(context: Judging): Judged {
  const { now } = context;
  const waves = now.rollout.waves.map(emptyWave);
  const judged: Judged = { starts: [], settled: [], withdrawals: [], waits: new Map(), waves, unsettled: 0 };
  const findWait = bindRules(context);
  const rest = {
    context,
    findWait,
    expiresAt: findExpiry(now, context.at),
    giveUpAfter: createGiveUp(now),
    isThere: createIsThere(now.rollout.version),
  };
  for (const target of now.targets) {
    const wave = waveOf(judged, target);
    if (wave !== undefined) countInWave(wave, target, context.tally.unreachable.has(target.slug));
    if (isActive(target)) judgeActive(judged, target, context);
    else if (target.holds_order && !target.is_withdrawn) judged.withdrawals.push(target.slug);
    else if (isWaiting(target)) judgeWaiting(judged, target, rest);
  }
  return judged;
}

const waveOf = ({ waves }: Judged, { wave }: StoredTarget) => (wave === null ? undefined : waves[wave]);

/** True where a next attempt may come. */
const isWaiting = ({ stage, outcome }: StoredTarget) =>
  stage === 'waiting' || (stage === 'ended' && outcome === 'plan_changed');

function bindRules(context: RuleContext): (target: StoredTarget) => Wait | null {
  const bound = rules.map((rule) => rule.prepare(context));
  return (target) => {
    for (const find of bound) {
      const wait = find(target);
      if (wait !== null) return wait;
    }
    return null;
  };
}

function countInWave(wave: WaveTally, target: StoredTarget, isUnreachable: boolean): void {
  wave.targets += 1;
  if (isActive(target) && !isUnreachable) wave.active += 1;
  if (hasSucceeded(target)) wave.succeeded += 1;
  if (target.stage === 'waived') wave.waived += 1;
}

function judgeActive(judged: Judged, target: StoredTarget, { now, tally, moments, isRunning, at }: Judging): void {
  const sinceMs = tally.unreachable.get(target.slug);
  const giveUpAt = sinceMs === undefined ? null : addSeconds(sinceMs, now.rollout.settings.give_up_after_s);
  if (giveUpAt === null || giveUpAt > at) judged.unsettled += 1;
  moments.add(giveUpAt);
  const isHeld = !isRunning || target.frozen_by !== null;
  if (target.stage === 'offered' && !target.is_withdrawn && isHeld) judged.withdrawals.push(target.slug);
}

interface JudgingWaiting {
  context: Judging;
  expiresAt: string;
  giveUpAfter: (since: string) => string;
  findWait: (target: StoredTarget) => Wait | null;
  isThere: (version: string | null) => boolean;
}

function judgeWaiting(judged: Judged, target: StoredTarget, options: JudgingWaiting): void {
  const { context, expiresAt, giveUpAfter, findWait, isThere } = options;
  const wave = waveOf(judged, target);
  const { now, tally, moments, isRunning, at } = context;
  const { slug, host, version } = target;
  if (isRunning && isThere(version)) {
    judged.settled.push({ slug, as: 'skipped' });
    return;
  }
  // A rollout that halts now starts nothing, although its state is still that of before.
  const wait = findWait(target);
  if (wait === null && isRunning) {
    judged.starts.push({ slug, expires_at: earlier(expiresAt, target.frozen_from) });
    tally.active += 1;
    tally.onHost.set(host, (tally.onHost.get(host) ?? 0) + 1);
    if (wave !== undefined) wave.active += 1;
  }
  const heldSince = wait === null ? null : findHeldSince(now, target, wait);
  const giveUpAt = heldSince === null ? null : giveUpAfter(heldSince);
  if (isRunning && giveUpAt !== null && giveUpAt <= at) {
    judged.settled.push({ slug, as: 'expired' });
    return;
  }
  judged.unsettled += 1;
  if (wait === null) return;
  judged.waits.set(slug, wait);
  moments.add(wait.until);
  moments.add(giveUpAt);
  if (wave !== undefined) wave[leftBehind.has(wait.rule) ? 'held' : 'coming'] += 1;
}

/** Until when a host may begin what starts now, but for a freeze: not beyond the end of the maintenance window. */
function findExpiry({ rollout: { settings } }: RolloutNow, at: string): string {
  const own = new Date(Date.parse(at) + settings.start_within_s * 1000).toISOString();
  const { until } = openingAt(settings.windows, at);
  return earlier(own, until);
}

const earlier = (one: string, other: string | null) => (other !== null && other < one ? other : one);

/** Since when a waiting target of an open wave counts as held; null where it waits for the rollout itself. */
function findHeldSince(
  { rollout }: RolloutNow,
  { wave, retried_at: retriedAt }: StoredTarget,
  { rule }: Wait,
): string | null {
  const openedAt = wave === null ? null : (rollout.waves[wave]?.opened_at ?? null);
  if (openedAt === null || !givenUp.has(rule)) return null;
  return later(later(openedAt, rollout.since), retriedAt ?? '');
}

/** When a target is given up that has been held since then. Most have been held since the same moment. */
function createGiveUp({ rollout: { settings } }: RolloutNow): (since: string) => string {
  const known = new Map<string, string>();
  return (since) => {
    const before = known.get(since);
    if (before !== undefined) return before;
    const giveUpAt = new Date(Date.parse(since) + settings.give_up_after_s * 1000).toISOString();
    known.set(since, giveUpAt);
    return giveUpAt;
  };
}

const later = (one: string, other: string) => (one > other ? one : other);

const addSeconds = (ms: number, seconds: number) => new Date(ms + seconds * 1000).toISOString();
