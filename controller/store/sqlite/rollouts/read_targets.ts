// Reads the targets of a rollout, all at once: what became of each is in its last upgrade's row, and joined.
import type { Outcome, TargetStage } from '../../../../shared/model/rollout.js';
import type { Selection } from '../../../../shared/selection/selection.js';
import type { StoredRollout, StoredTarget } from '../../rollouts.js';
import type { Sql } from '../database/database.js';
import { inScope } from '../selection_sql.js';

/** What else holds tenants, by slug: signatures of failures, ids of other upgrades, names of freezes, begins of later ones. */
export interface Holding {
  failed: ReadonlyMap<string, string>;
  /** Of one tenant there may be some, on hosts that had it before. */
  others: ReadonlyMap<string, readonly { id: string; host: string }[]>;
  frozen: ReadonlyMap<string, string>;
  frozenLater: ReadonlyMap<string, string>;
}

interface Reading {
  approved: ReadonlySet<string>;
  startWithinMs: number;
  holding: Holding;
}

/**
 * The columns of a target, in the order of `toTarget`. One JSON text of all rows takes a third of the time that 10,000 rows
 * of so many columns take. The host is that of its upgrade while that is open, whoever has the tenant by then. The version
 * is read only of targets that have not begun, for which alone it decides something.
 */
const columns = `t.slug, iif(u.status IN ('queued', 'running'), u.host, coalesce(s.host, t.host)), t.wave, t.attempt,
  t.retried_at, t.ordered_at, t.is_withdrawn, t.settled, t.plan_class, u.id, u.status, u.needs_operator, a.began_at,
  a.ended_at, a.failure_code, iif(a.failure_code = 'expired', (SELECT expires_at FROM orders WHERE id = u.id), NULL), a.signature, json_extract(n.report, '$.version'), t.rollback_order, r.ended_at, r.error`;

const source = `rollout_targets t LEFT JOIN slugs s ON s.slug = t.slug
  LEFT JOIN upgrades u ON u.no = t.upgrade LEFT JOIN attempts a ON a.upgrade = t.upgrade
  LEFT JOIN tenants n ON n.slug = t.slug AND n.host = s.host AND (t.upgrade IS NULL OR u.status <> 'success')
  LEFT JOIN orders r ON r.id = t.rollback_order`;

/** Those that the scope sees, in order of slug; all, or only these slugs. */
export function readTargets(
  sql: Sql,
  rollout: Pick<StoredRollout, 'id' | 'approved' | 'settings'>,
  { scope, slugs, holding }: { scope: Selection | null; slugs: readonly string[] | null; holding: Holding },
): StoredTarget[] {
  const seen = inScope(scope, 't.slug');
  const wanted = slugs === null ? '' : 'AND t.slug IN (SELECT value FROM json_each(?))';
  const row = sql.get(
    `SELECT json_group_array(json_array(${columns})) AS targets FROM ${source} WHERE t.rollout = ? AND ${seen.sql} ${wanted}`,
    [rollout.id, ...seen.values, ...(slugs === null ? [] : [JSON.stringify(slugs)])],
  );
  const rows: unknown = JSON.parse(typeof row?.['targets'] === 'string' ? row['targets'] : '[]');
  const startWithinMs = rollout.settings.start_within_s * 1000;
  const reading = { approved: new Set(rollout.approved), startWithinMs, holding };
  return Array.isArray(rows) ? rows.map((values: unknown[]) => toTarget(values, reading)) : [];
}

/**
 * Those whose latest upgrade is their last attempt in this rollout. One that changed nothing is none: a rollback would undo
 * the upgrade before it.
 */
export function readLatest(sql: Sql, rollout: string): ReadonlySet<string> {
  const rows = sql.all(
    `SELECT t.slug FROM rollout_targets t JOIN upgrades u ON u.no = t.upgrade
       WHERE t.rollout = ? AND u.status = 'success' AND u.previous_version IS NOT u.new_version AND NOT EXISTS (
         SELECT 1 FROM upgrades later WHERE later.tenant = t.slug AND later.id > u.id
           AND later.status NOT IN ('refused', 'cancelled', 'rolled_back'))`,
    [rollout],
  );
  return new Set(rows.map(({ slug }) => String(slug)));
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);

/** By hand: ten thousand rows a step are too many for a schema, and nobody but this store writes them. */
function toTarget(values: readonly unknown[], { approved, startWithinMs, holding }: Reading): StoredTarget {
  const [slugText, hostText, wave, attempt, retriedAt, orderedAt, isWithdrawn, settled, planClass, ...last] = values;
  const [id, status, needsOperator, beganAt, endedAt, failureCode, expiresAt, signature, version, ...rollback] = last;
  const [slug, host, plan_class] = [String(slugText), String(hostText), textOf(planClass)];
  const row = { status: textOf(status), needsOperator: needsOperator === 1, failureCode: textOf(failureCode) };
  const isWaitingAgain = (outcome: Outcome) =>
    (isWithdrawn === 1 && outcome === 'cancelled') ||
    // A window that closed, or a freeze that began, left it less time to begin: it comes when it may begin again.
    (outcome === 'expired' && isBefore(expiresAt, orderedAt, startWithinMs)) ||
    // Its host had another upgrade of it which the store did not know yet.
    (outcome === 'refused' && row.failureCode === 'busy') ||
    (outcome === 'plan_changed' && plan_class !== null && approved.has(plan_class));
  const { stage, outcome } = findStage({ settled: textOf(settled), row, isWaitingAgain });
  return {
    slug,
    host,
    wave: numberOf(wave),
    stage,
    outcome,
    attempt: Number(attempt),
    upgrade: textOf(id),
    retried_at: textOf(retriedAt),
    ordered_at: textOf(orderedAt),
    began_at: textOf(beganAt),
    // One that is rolled back, or resumed, runs again.
    ended_at: row.status === 'running' ? null : textOf(endedAt),
    is_withdrawn: isWithdrawn === 1,
    holds_order: stage === 'waived' && row.status === 'queued',
    plan_class,
    signature: textOf(signature),
    failed_before: holding.failed.get(slug) ?? null,
    version: textOf(version),
    other_upgrade: holding.others.get(slug)?.find((other) => other.host === host)?.id ?? null,
    frozen_by: holding.frozen.get(slug) ?? null,
    frozen_from: holding.frozenLater.get(slug) ?? null,
    rollback: findRollback(rollback, row.status),
  };
}

/** True for a time less than so many milliseconds after the other. */
function isBefore(time: unknown, since: unknown, afterMs: number): boolean {
  return typeof time === 'string' && Date.parse(time) < Date.parse(String(since)) + afterMs;
}

interface LastUpgrade {
  /** Null where there is none. */
  status: string | null;
  needsOperator: boolean;
  failureCode: string | null;
}

/** How far a target is, by its own row and that of its last upgrade. */
function findStage(target: {
  settled: string | null;
  row: LastUpgrade;
  isWaitingAgain: (outcome: Outcome) => boolean;
}): { stage: TargetStage; outcome: Outcome | null } {
  const { settled, row, isWaitingAgain } = target;
  if (settled === 'skipped' || settled === 'waived') return { stage: settled, outcome: null };
  if (settled === 'expired') return { stage: 'ended', outcome: 'expired' };
  if (row.status === null) return { stage: 'waiting', outcome: null };
  if (row.status === 'queued') return { stage: 'offered', outcome: null };
  if (row.status === 'running') return { stage: 'running', outcome: null };
  const outcome = findOutcome(row);
  return isWaitingAgain(outcome) ? { stage: 'waiting', outcome: null } : { stage: 'ended', outcome };
}

/** A rollback that nothing had failed before was an operator's. */
function findOutcome({ status, needsOperator, failureCode }: LastUpgrade): Outcome {
  if (needsOperator) return 'needs_operator';
  if (status === 'rolled_back') return failureCode === null ? 'taken_back' : 'rolled_back';
  if (status === 'success' || status === 'cancelled') return status;
  if (status !== 'refused') return 'failed';
  if (failureCode === 'plan-changed') return 'plan_changed';
  return failureCode === 'expired' || failureCode === 'cancelled' ? failureCode : 'refused';
}

/** The order ends with the begin of the rollback, which is in the upgrade's own journal. */
function findRollback([order, endedAt, error]: readonly unknown[], status: string | null): StoredTarget['rollback'] {
  if (textOf(order) === null) return null;
  if (textOf(endedAt) === null || status === 'running') return 'open';
  return textOf(error) === null && status === 'rolled_back' ? 'done' : 'failed';
}
