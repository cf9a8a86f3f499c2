// What `decide` answers.
import type { RolloutActions } from '../../store/rollouts.js';
import type { Wait } from './rule.js';

export interface Decision {
  actions: RolloutActions;
  /** Why each target that does not start now waits, by slug. */
  waits: ReadonlyMap<string, Wait>;
  /** The slugs of targets whose hosts have been away with their upgrades for too long. */
  unreachable: Pick<ReadonlySet<string>, 'has'>;
  /** What holds each open wave, and the next one, by its number. */
  waveWaits: ReadonlyMap<number, string>;
  /** When to decide again at the latest, if nothing happens before: ISO 8601, or null. */
  nextAt: string | null;
}
