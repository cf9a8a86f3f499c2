// Which waves are open, and what holds the next one.
import type { RolloutNow, StoredTarget, StoredWave } from '../../store/rollouts.js';

export interface WavesNow {
  /** The number of the last open wave; -1 before the first. */
  last: number;
  /** What holds the wave after it: null where it opens now, or where there is none. */
  holds: { rule: 'wave' | 'approval'; text: string; until: string | null } | null;
  /** True where there is a wave after the last open one. */
  hasNext: boolean;
}

/** `the canary`, `wave 2 (10%)`. */
export const nameOf = ({ no, name }: StoredWave) => (no === 0 ? 'the canary' : `wave ${no + 1} (${name})`);

/** The wave that comes next, and what holds it, at that time. */
export function findWaves({ rollout }: Pick<RolloutNow, 'rollout'>, at: string): WavesNow {
  const { waves, settings, id } = rollout;
  const last = waves.findLastIndex(({ opened_at: openedAt }) => openedAt !== null);
  const next = waves[last + 1];
  const open = waves[last];
  if (next === undefined) return { last, holds: null, hasNext: false };
  if (open === undefined || next.approved_at !== null) return { last, holds: null, hasNext: true };
  const needsApproval = last === 0 && settings.pause_after_canary;
  const approve = `\`drover rollout approve ${id} --next-wave\` opens ${nameOf(next)}`;
  if (open.passed_at === null) {
    return { last, holds: { rule: 'wave', text: `${nameOf(open)} has not passed`, until: null }, hasNext: true };
  }
  if (needsApproval) {
    return { last, holds: { rule: 'approval', text: `the canary has passed: ${approve}`, until: null }, hasNext: true };
  }
  const until = new Date(Date.parse(open.passed_at) + settings.soak_s * 1000).toISOString();
  if (until <= at) return { last, holds: null, hasNext: true };
  return {
    last,
    holds: { rule: 'wave', text: `${nameOf(open)} soaks until ${until.slice(0, 16)}`, until },
    hasNext: true,
  };
}

/** What is left of a wave. */
export interface WaveTally {
  targets: number;
  succeeded: number;
  /** Offered or running, and not unreachable. */
  active: number;
  /** Waiting for what ends by itself. */
  coming: number;
  /** Waiting for somebody: they are left behind when it passes. */
  held: number;
  waived: number;
}

/** Why a wave does not pass yet, or null. */
export function whyNotPassed(wave: WaveTally, isOverdue: boolean): string | null {
  if (wave.active > 0) return `${wave.active} ${wave.active === 1 ? 'runs' : 'run'}`;
  if (wave.coming > 0 && !isOverdue) return `${wave.coming} ${wave.coming === 1 ? 'has' : 'have'} not started`;
  if (wave.succeeded > 0 || wave.waived === wave.targets) return null;
  return 'no tenant of it has succeeded';
}

/** A wave without targets yet. */
export const emptyWave = (): WaveTally => ({ targets: 0, succeeded: 0, active: 0, coming: 0, held: 0, waived: 0 });

/** True where it has succeeded, and was not taken back. */
export const hasSucceeded = ({ stage, outcome }: StoredTarget) => stage === 'ended' && outcome === 'success';
