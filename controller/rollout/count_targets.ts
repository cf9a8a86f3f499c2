// Counts the targets of a rollout for people: by stage and outcome.
import type { RolloutCounts } from '../../shared/wire/rollouts_api.js';
import type { RolloutNow } from '../store/rollouts.js';
import type { Wait } from './rule.js';
import type { Tally } from './tally.js';

/** Over these targets; `waits` tells which of them wait for their hosts. */
export function countTargets({ targets }: RolloutNow, tally: Tally, waits: ReadonlyMap<string, Wait>): RolloutCounts {
  const counts: RolloutCounts = {
    total: targets.length,
    succeeded: 0,
    running: 0,
    offered: 0,
    waiting: 0,
    failed: 0,
    rolled_back: 0,
    refused: 0,
    needs_operator: 0,
    cancelled: 0,
    expired: 0,
    plan_changed: 0,
    taken_back: 0,
    skipped: 0,
    waived: 0,
    offline: 0,
    unreachable: tally.unreachable.size,
    counted: tally.counted,
  };
  for (const { slug, stage, outcome } of targets) {
    if (stage === 'ended' && outcome === 'success') counts.succeeded += 1;
    else if (stage === 'ended' && outcome !== null && outcome !== 'success') counts[outcome] += 1;
    else if (stage !== 'ended') counts[stage] += 1;
    if (waits.get(slug)?.rule === 'offline') counts.offline += 1;
  }
  return counts;
}
