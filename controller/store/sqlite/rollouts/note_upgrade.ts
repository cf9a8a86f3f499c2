// What the begin and the end of an upgrade mean for its rollout. Each is called in the transaction that stores them.
import { countedOutcomes } from '../../../../shared/model/rollout.js';
import type { EventOf } from '../../../../shared/model/journal/events.js';
import { signFailure } from '../../../../shared/model/failure_signature.js';
import { planClassOf } from '../../../../shared/model/plan/plan_class.js';
import type { Failure, Status } from '../../../../shared/model/result.js';
import type { Sql } from '../database/database.js';
import { findHostOf } from '../hosts.js';
import { findRollout } from './read_now.js';
import { setState } from './set_state.js';

/** Notified by whatever may let a rollout go on, or make it stop. */
export const rolloutsChanged = 'rollouts';

/** An upgrade's row, with its number. */
interface Upgrade {
  no: number;
  tenant: string;
  host: string;
  /** ISO 8601, by the controller's clock. */
  at: string;
}

/** Of the first event of its journal; `isNew` where the store did not know the upgrade. */
export function noteBegin(
  sql: Sql,
  upgrade: Upgrade,
  { event, isNew }: { event: EventOf<'begin'>; isNew: boolean },
): void {
  sql.notify(rolloutsChanged);
  if (isNew) learnAttempt(sql, upgrade, event);
  const { no, tenant, at } = upgrade;
  const began = 'UPDATE attempts SET began_at = ? WHERE upgrade = ? RETURNING rollout';
  const rollout = sql.get(began, [at, no])?.['rollout'];
  if (typeof rollout !== 'string') return;
  sql.notify(rollout);
  if (event.plan !== null) noteClass(sql, { rollout, tenant, no }, event.plan);
}

/** The class of the plan that the host made just now: it may be another one than was approved. */
function noteClass(
  sql: Sql,
  { rollout, tenant, no }: { rollout: string; tenant: string; no: number },
  plan: NonNullable<EventOf<'begin'>['plan']>,
): void {
  // Without a fleet plan nothing is approved, and there are no classes.
  const target = `SELECT 1 FROM rollout_targets t JOIN rollouts r ON r.id = t.rollout
    WHERE t.rollout = ? AND t.slug = ? AND t.upgrade = ? AND r.approved IS NOT NULL`;
  if (sql.get(target, [rollout, tenant, no]) === undefined) return;
  sql.run('UPDATE rollout_targets SET plan_class = ? WHERE rollout = ? AND slug = ?', [
    planClassOf(plan),
    rollout,
    tenant,
  ]);
}

/** How many attempts of a tenant a restored store lacks at most. */
const maxUnknown = 1000;

/**
 * An attempt that the store does not know although its rollout has the tenant: the store was restored from a copy of before
 * it. What else was done meanwhile is not known either, so the rollout pauses.
 */
function learnAttempt(sql: Sql, { no, tenant, host, at }: Upgrade, { rollout: named, id }: EventOf<'begin'>): void {
  if (named === undefined) return;
  const rollout = findRollout(sql, named.id, null);
  const target = sql.get('SELECT attempt, upgrade FROM rollout_targets WHERE rollout = ? AND slug = ?', [
    named.id,
    tenant,
  ]);
  if (rollout === null || target === undefined) return;
  // Only the host that has a tenant tells of it, and no copy is that old.
  const isBelieved = findHostOf(sql, tenant) === host && named.attempt <= Number(target['attempt']) + maxUnknown;
  if (!isBelieved) return;
  sql.run('INSERT INTO attempts (upgrade, rollout, attempt) VALUES (?, ?, ?)', [no, named.id, named.attempt]);
  if (named.attempt > Number(target['attempt'])) {
    sql.run(
      `UPDATE rollout_targets SET attempt = ?, upgrade = ?, ordered_at = ?, is_withdrawn = 0, settled = NULL
         WHERE rollout = ? AND slug = ?`,
      [named.attempt, no, at, named.id, tenant],
    );
  }
  if (rollout.state !== 'running') return;
  const why = `${host} has run an attempt of ${tenant} (${id}) that this store did not know: it was restored from a copy`;
  setState(sql, rollout, { state: 'paused', why, at });
}

/** Of an upgrade that no host may have: its target waits again once it is cancelled. False for one of no rollout. */
export function withdrawAttempt(sql: Sql, upgrade: string): boolean {
  const attempt = sql.get('SELECT rollout, tenant FROM upgrades JOIN attempts ON attempts.upgrade = no WHERE id = ?', [
    upgrade,
  ]);
  if (attempt === undefined) return false;
  const values = [String(attempt['rollout']), String(attempt['tenant'])];
  sql.run('UPDATE rollout_targets SET is_withdrawn = 1 WHERE rollout = ? AND slug = ?', values);
  return true;
}

/** Of a tenant that there is no more: its open rollout goes on without it, and it may be in another one once it is back. */
export function waiveForgotten(sql: Sql, slug: string): void {
  sql.run(
    `UPDATE rollout_targets SET settled = 'waived', is_open = 0 WHERE slug = ?1 AND is_open = 1 AND settled IS NULL
       AND NOT EXISTS (SELECT 1 FROM upgrades WHERE no = upgrade AND status = 'success')`,
    [slug],
  );
  sql.notify(rolloutsChanged);
}

interface Ended extends Upgrade {
  status: Status;
  failure: Failure | null;
  /** The commit that it was to reach, where that is known. */
  commit: string | null;
  /** It did something to the tenant. */
  hasSteps: boolean;
}

/** Of its end, also of one that never began. May be called again: an upgrade that is rolled back ends again. */
export function noteEnd(sql: Sql, ended: Ended): void {
  const { no, tenant, host, at, status, failure, commit } = ended;
  sql.notify(rolloutsChanged);
  const signature = failure === null || !isCounted(status, failure) ? null : signFailure(failure, { tenant, host });
  const row = sql.get(
    `UPDATE attempts SET ended_at = ?, failure_code = ?, signature = ? WHERE upgrade = ?
       RETURNING rollout, (SELECT target_commit FROM rollouts WHERE id = rollout) AS target_commit`,
    [at, failure?.code ?? null, signature, no],
  );
  const rollout = typeof row?.['target_commit'] === 'string' ? String(row['rollout']) : null;
  const target = commit ?? (rollout === null ? null : String(row?.['target_commit']));
  if (target !== null && status === 'success') {
    sql.run('DELETE FROM unfixed_failures WHERE target_commit = ? AND slug = ?', [target, tenant]);
  }
  // A refusal of what a person asked for by hand is theirs to mend, and holds no rollout.
  if (target !== null && signature !== null && (status !== 'refused' || rollout !== null)) {
    sql.run(
      `INSERT INTO unfixed_failures (slug, target_commit, signature, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET signature = ?3, at = ?4`,
      [tenant, target, signature, at],
    );
  }
  if (rollout === null) return;
  sql.notify(rollout);
  // It had begun before it could be withdrawn, and somebody has cancelled it.
  if (status === 'cancelled' && ended.hasSteps) {
    sql.run('UPDATE rollout_targets SET is_withdrawn = 0 WHERE rollout = ? AND slug = ?', [rollout, tenant]);
  }
}

/** Refusals that say nothing of the tenant. */
const uncounted = ['plan-changed', 'expired', 'cancelled', 'busy'];

/** As the failure budget counts. */
function isCounted(status: Status, { code, needs_operator }: Failure): boolean {
  if (needs_operator) return true;
  if (status === 'refused') return !uncounted.includes(code);
  return countedOutcomes.some((outcome) => outcome === status);
}
