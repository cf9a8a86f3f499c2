// A rule of `decide`: why a target does not start now.
import type { WaitRule } from '../../../shared/model/rollout.js';
import type { RolloutNow, StoredTarget } from '../../store/rollouts.js';
import type { FleetNow, Wait as AnyWait } from './fleet_now.js';
import type { Tally } from './tally.js';
import type { WavesNow } from './waves.js';

export type Wait = AnyWait<WaitRule>;

export interface RuleContext {
  now: RolloutNow;
  fleet: FleetNow;
  tally: Tally;
  waves: WavesNow;
  /** ISO 8601. */
  at: string;
}

/** Prepared once a step, then asked of each waiting target: the reason to wait, or null. */
export interface Rule {
  name: WaitRule;
  prepare(context: RuleContext): (target: StoredTarget) => Wait | null;
}
