// What people change of a rollout, each with its entry in the audit log.
import { AppError } from '../../../../shared/errors.js';
import type { RolloutChange, RolloutNow, RolloutStore, StoredRollout } from '../../rollouts.js';
import { appendAudit } from '../access/audit.js';
import type { Sql } from '../database/database.js';
import { rolloutsChanged } from './note_upgrade.js';
import { endUnoffered, markWithdrawn } from './place_orders.js';
import { findRollout, hidesTargets, readNow } from './read_now.js';
import { hasEnded, setState } from './set_state.js';
import { findOverlap } from './start_rollout.js';
import { changeWaves } from './step_rollout.js';

type Asked = Parameters<RolloutStore['change']>[2];

/** Changes it; or returns a refusal, and stores nothing. */
export function changeRollout(
  sql: Sql,
  { id, work }: { id: string; work: (now: RolloutNow) => RolloutChange | Error },
  { actor, action, at, scope }: Asked,
): StoredRollout | Error {
  const rollout = findRollout(sql, id, scope);
  if (rollout === null) return unknownRollout(id);
  if (hidesTargets(sql, id, scope)) {
    return new AppError('forbidden', `the rollout ${id} has tenants that this token does not see`, {
      hint: 'Ask somebody who sees all of its tenants.',
    });
  }
  const now = readNow(sql, rollout, { at, scope: null });
  const change = workOn(work, now);
  if (change instanceof Error) return change;
  const isReopened = change.state !== undefined && hasEnded(rollout.state) && !hasEnded(change.state);
  const own = now.targets.filter(({ wave }) => wave !== null).map(({ slug }) => slug);
  const overlap = isReopened ? findOverlap(sql, own) : null;
  if (overlap !== null) return overlap;
  applyChange(sql, now, { change, at });
  appendAudit(sql, { ...actor, at, action, tenant: null, host: null, target: id });
  sql.notify(rolloutsChanged);
  sql.notify(id);
  return findRollout(sql, id, scope) ?? unknownRollout(id);
}

/** A throw would roll the other writes of the commit back. */
function workOn(work: (now: RolloutNow) => RolloutChange | Error, now: RolloutNow): RolloutChange | Error {
  try {
    return work(now);
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

/** AppError `unknown-rollout`, also for one that the asker does not see. */
function unknownRollout(id: string): AppError {
  return new AppError('unknown-rollout', `there is no rollout ${id}`, { hint: '`drover rollout list` lists them.' });
}

/** Stopped: nothing of it is offered any more. */
const stopped = ['paused', 'halted', 'aborting', 'aborted'];

function applyChange(sql: Sql, now: RolloutNow, { change, at }: { change: RolloutChange; at: string }): void {
  const { rollout } = now;
  const { id } = rollout;
  const { direction, budget, approve = [], approve_wave: wave, retry = [], waive = [], fixed = [] } = change;
  const { roll_back_again: again = [] } = change;
  if (direction !== undefined) sql.run('UPDATE rollouts SET direction = ? WHERE id = ?', [direction, id]);
  if (budget !== undefined) sql.run('UPDATE rollouts SET budget = ? WHERE id = ?', [budget, id]);
  // One that was started without a fleet plan has no list: there every plan runs.
  if (approve.length > 0) {
    const approved = [...new Set([...(rollout.approved ?? []), ...approve])];
    sql.run('UPDATE rollouts SET approved = ? WHERE id = ?', [JSON.stringify(approved), id]);
  }
  if (wave !== undefined) changeWaves(sql, rollout, [{ no: wave, approved_at: at }]);
  for (const slug of retry) {
    sql.run(
      `UPDATE rollout_targets SET upgrade = NULL, settled = NULL, is_withdrawn = 0, ordered_at = NULL, retried_at = ?
         WHERE rollout = ? AND slug = ?`,
      [at, id, slug],
    );
  }
  for (const slug of waive) {
    sql.run(`UPDATE rollout_targets SET settled = 'waived' WHERE rollout = ? AND slug = ?`, [id, slug]);
  }
  for (const slug of again) {
    sql.run('UPDATE rollout_targets SET rollback_order = NULL WHERE rollout = ? AND slug = ?', [id, slug]);
  }
  for (const slug of fixed) {
    sql.run('DELETE FROM unfixed_failures WHERE target_commit = ? AND slug = ?', [rollout.commit, slug]);
  }
  const { state = rollout.state, why = rollout.why } = change;
  if (change.state !== undefined || change.why !== undefined) setState(sql, rollout, { state, why, at });
  if (stopped.includes(state)) withdrawUnoffered(sql, now, at);
}

/** No host may have these, so that they end at once; the next step asks hosts for the rest. */
function withdrawUnoffered(sql: Sql, { rollout, targets }: RolloutNow, at: string): void {
  const offered = targets.filter(({ stage }) => stage === 'offered');
  const ended = endUnoffered(sql, offered, at);
  const slugs = offered.flatMap(({ slug, upgrade }) => (upgrade !== null && ended.has(upgrade) ? [slug] : []));
  markWithdrawn(sql, rollout.id, slugs);
}
