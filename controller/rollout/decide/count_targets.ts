// Counts the targets of a rollout for people: by stage and outcome.
import { rolloutCountsSchema, type RolloutCounts } from '../../../shared/wire/rollouts_api.js';
import type { RolloutNow } from '../../store/rollouts.js';
import type { Wait } from './rule.js';
import type { Tally } from './tally.js';

/** Of no target at all. */
export const noCounts: Readonly<RolloutCounts> = rolloutCountsSchema.parse(
  Object.fromEntries(Object.keys(rolloutCountsSchema.shape).map((name) => [name, 0])),
);

/** Over these targets; `waits` tells which of them wait for their hosts. */
export function countTargets({ targets }: RolloutNow, tally: Tally, waits: ReadonlyMap<string, Wait>): RolloutCounts {
  const counts: RolloutCounts = {
    ...noCounts,
    total: targets.length,
    unreachable: tally.unreachable.size,
    counted: tally.counted,
  };
  for (const { stage, outcome } of targets) {
    if (stage === 'ended' && outcome === 'success') counts.succeeded += 1;
    else if (stage === 'ended' && outcome !== null && outcome !== 'success') counts[outcome] += 1;
    else if (stage !== 'ended') counts[stage] += 1;
  }
  for (const { rule } of waits.values()) if (rule === 'offline') counts.offline += 1;
  return counts;
}
