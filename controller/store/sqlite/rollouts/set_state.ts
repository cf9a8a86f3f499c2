// Sets the state of a rollout, and what goes with it: its end, and what webhooks are told.
import type { RolloutState } from '../../../../shared/model/rollout.js';
import type { StoredRollout } from '../../rollouts.js';
import type { Sql } from '../database/database.js';
import { tellRollout } from './tell_rollout.js';

/** States in which nothing of it runs any more: its tenants may be in another rollout. */
export const hasEnded = (state: RolloutState) => state === 'done' || state === 'aborted';

/** `why` is for people; null where it runs. A state that it is in already gets the new reason, and nobody is told. */
export function setState(
  sql: Sql,
  { id, state: before }: Pick<StoredRollout, 'id' | 'state'>,
  { state, why, at }: { state: RolloutState; why: string | null; at: string },
): void {
  const since = state === before ? '' : ', since = ?4';
  sql.run(`UPDATE rollouts SET state = ?1, why = ?2${since} WHERE id = ?3`, [
    state,
    why,
    id,
    ...(since === '' ? [] : [at]),
  ]);
  if (state === before) return;
  if (hasEnded(state) !== hasEnded(before)) endOrReopen(sql, id, hasEnded(state) ? at : null);
  if (hasEnded(state)) tellRollout(sql, id, { kind: 'rollout.ended', at });
  else if (state === 'paused' || state === 'halted') tellRollout(sql, id, { kind: `rollout.${state}`, at });
}

/** `at` is null where it goes on again: to roll back. Targets that were skipped from the start are in no rollout's way. */
function endOrReopen(sql: Sql, id: string, at: string | null): void {
  sql.run('UPDATE rollouts SET ended_at = ? WHERE id = ?', [at, id]);
  sql.run('UPDATE rollout_targets SET is_open = ? WHERE rollout = ? AND wave IS NOT NULL', [at === null ? 1 : 0, id]);
}
