// How a rollout stands, as an exit code.
import type { Rollout } from '../../../shared/wire/rollouts_api.js';

/** Nothing of it goes on before somebody acts, or it has ended. */
export const isOver = ({ state, ended_at: endedAt }: Pick<Rollout, 'state' | 'ended_at'>) =>
  endedAt !== null || state === 'halted';

/** Targets that ended without the version, in whatever way. */
export function countLeft({ counts }: Pick<Rollout, 'counts'>): number {
  const { failed, rolled_back, refused, needs_operator, cancelled, expired, plan_changed, unreachable } = counts;
  return failed + rolled_back + refused + needs_operator + cancelled + expired + plan_changed + unreachable;
}

/** 0: done, and every tenant has the version, was skipped or waived; of one that goes back: none needs an operator. */
export function exitCodeOf(rollout: Rollout): number {
  if (rollout.state !== 'done') return 1;
  if (rollout.direction === 'back') return rollout.counts.needs_operator === 0 ? 0 : 1;
  return countLeft(rollout) === 0 ? 0 : 1;
}
