// One step of a rollout: what `decide` says of what is stored now, done in the same transaction.
import type { PlacedOrder, RolloutActions, RolloutNow, StepOptions, StoredRollout } from '../../rollouts.js';
import type { Sql } from '../database.js';
import { createPlaceOrders } from './place_orders.js';
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
  const targets = new Map(now.targets.map((target) => [target.slug, target]));
  const orders = createPlaceOrders(sql, rollout, options);
  const find = (slug: string) => targets.get(slug) ?? fail(`the rollout ${id} has no tenant ${slug}`);
  for (const slug of actions.withdrawals) orders.withdraw(find(slug));
  for (const { slug, expires_at } of actions.starts) orders.start(find(slug), expires_at);
  for (const { slug, expires_at } of actions.rollbacks) orders.rollBack(find(slug), expires_at);
  for (const { slug, as } of actions.settled) {
    sql.run('UPDATE rollout_targets SET settled = ? WHERE rollout = ? AND slug = ?', [as, id, slug]);
  }
  if (actions.waves.length > 0) changeWaves(sql, rollout, actions.waves);
  writeCounts(sql, rollout, actions);
  if (actions.becomes !== null) setState(sql, rollout, { ...actions.becomes, at: options.at });
  if (actions.settled.length + actions.waves.length > 0 || actions.becomes !== null) sql.notify(id);
  return orders.placed;
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

function fail(why: string): never {
  throw new Error(why);
}
