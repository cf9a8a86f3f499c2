// One step of a rollout: what `decide` says of what is stored now, done in the same transaction.
import type { PlacedOrder, RolloutActions, RolloutNow, StepOptions, StoredRollout } from '../../rollouts.js';
import type { Sql } from '../database/database.js';
import { placeOrders } from './place_orders.js';
import { findRollout, readNow } from './read_now.js';
import { setState } from './set_state.js';

/** The orders to send; null for a rollout that there is not, or that has ended. Writes nothing where `decide` throws. */
export function stepRollout(
  sql: Sql,
  { id, decide }: { id: string; decide: (now: RolloutNow) => RolloutActions },
  options: StepOptions,
): readonly PlacedOrder[] | null | { thrown: unknown } {
  const rollout = findRollout(sql, id, null);
  if (rollout === null || rollout.ended_at !== null) return null;
  const now = readNow(sql, rollout, { at: options.at, scope: null });
  let actions: RolloutActions;
  try {
    actions = decide(now);
  } catch (thrown) {
    // A throw would roll the other writes of the commit back.
    return { thrown };
  }
  const placed = placeOrders(sql, now, { ...actions, ...options });
  settle(sql, id, actions.settled);
  if (actions.waves.length > 0) changeWaves(sql, rollout, actions.waves);
  writeCounts(sql, rollout, actions);
  if (actions.becomes !== null) setState(sql, rollout, { ...actions.becomes, at: options.at });
  if (actions.settled.length + actions.waves.length > 0 || actions.becomes !== null) sql.notify(id);
  return placed;
}

/** Targets that settle without an attempt. */
function settle(sql: Sql, rollout: string, settled: RolloutActions['settled']): void {
  for (const as of ['expired', 'skipped']) {
    const slugs = settled.filter((one) => one.as === as).map(({ slug }) => slug);
    if (slugs.length === 0) continue;
    sql.run('UPDATE rollout_targets SET settled = ? WHERE rollout = ? AND slug IN (SELECT value FROM json_each(?))', [
      as,
      rollout,
      JSON.stringify(slugs),
    ]);
  }
}

/** For lists; where they differ from what is stored. */
function writeCounts(
  sql: Sql,
  { id, counts: before, estimated_end: estimated }: StoredRollout,
  { counts, estimated_end }: RolloutActions,
): void {
  const [stored, text] = [JSON.stringify(before), JSON.stringify(counts)];
  if (stored === text && estimated === estimated_end) return;
  sql.run('UPDATE rollouts SET counts = ?, estimated_end = ? WHERE id = ?', [text, estimated_end, id]);
}

/** Sets times of waves. */
export function changeWaves(
  sql: Sql,
  { id, waves }: Pick<StoredRollout, 'id' | 'waves'>,
  changes: readonly (Pick<StoredRollout['waves'][number], 'no'> & Partial<StoredRollout['waves'][number]>)[],
): void {
  const changed = waves.map((wave) => Object.assign({}, wave, ...changes.filter(({ no }) => no === wave.no)));
  sql.run('UPDATE rollouts SET waves = ? WHERE id = ?', [JSON.stringify(changed), id]);
}
