// Fleet plans: the tenants of each, and what their hosts said of them.
import { AppError } from '../../../../shared/errors.js';
import type { ErrorBody } from '../../../../shared/model/error_body.js';
import { controllerLimits } from '../../../limits.js';
import type { Actor } from '../../access.js';
import type { FleetPlanStore, PlannedTenants } from '../../fleet_plans.js';
import { appendAudit } from '../access/audit.js';
import type { Sql, StoreDatabase } from '../database/database.js';
import { always, selectSeen, selectTenants } from '../selection_sql.js';
import {
  findBlocked,
  findFleetPlan,
  listClasses,
  listFailed,
  listFleetPlans,
  listUnplanned,
  summarizePlan,
} from './read_fleet_plans.js';

/** Fleet plans over this database. */
export function createFleetPlanStore(database: StoreDatabase): FleetPlanStore {
  const { read } = database;
  return {
    async add(plan, actor) {
      // The transaction returns a refusal: a throw would roll the other writes back.
      const refusal = await database.write((sql) => addPlan(sql, plan, actor));
      if (refusal !== null) throw refusal;
    },
    find: async (id, scope) => findFleetPlan(read, id, scope),
    list: async (query, scope) => listFleetPlans(read, query, scope),
    listClasses: async (id, scope) => listClasses(read, id, scope),
    findBlocked: async (id, classes) => findBlocked(read, id, classes),
    listFailed: async (id, scope) => listFailed(read, id, scope),
    listUnplanned: async (id) => listUnplanned(read, id),
    listRunning: async () => listRunning(read),
    note: (id, planned) => database.write((sql) => notePlanned(sql, id, planned)),
    finish: (id, end) => database.write((sql) => finishPlan(sql, id, end)),
    prune: (keep) => database.write((sql) => prunePlans(sql, keep)),
  };
}

const listRunning = (sql: Sql) =>
  sql.all('SELECT id FROM fleet_plans WHERE finished_at IS NULL ORDER BY id').map(({ id }) => String(id));

type NewPlan = Parameters<FleetPlanStore['add']>[0];

/** Tenants that no host reports any more are no part of it: there is nothing to plan. */
function addPlan(sql: Sql, { id, version, where, selection, scope, at }: NewPlan, actor: Actor): AppError | null {
  const { max } = controllerLimits.runningPlans;
  if (listRunning(sql).length >= max) {
    return new AppError('too-many', `${max} fleet plans are being made already`, {
      hint: '`drover rollout plan --list` lists them; wait for one, or cancel it.',
    });
  }
  const selected = selection === null ? always : selectTenants(selection);
  const seen = selectSeen(scope);
  sql.run(
    `INSERT INTO planned_tenants (plan, slug, host) SELECT ?, slugs.slug, slugs.host FROM slugs
       LEFT JOIN tenants ON tenants.slug = slugs.slug AND tenants.host = slugs.host
       WHERE slugs.missing_since IS NULL AND ${seen.sql} AND ${selected.sql}`,
    [id, ...seen.values, ...selected.values],
  );
  if (sql.get('SELECT 1 FROM planned_tenants WHERE plan = ? LIMIT 1', [id]) === undefined) return matchesNothing(where);
  sql.run(
    `INSERT INTO fleet_plans (id, version, selection, state, created_at, created_by) VALUES (?, ?, ?, 'running', ?, ?)`,
    [id, version, where, at, actor.name],
  );
  appendAudit(sql, { ...actor, at, action: 'rollout.plan', tenant: null, host: null, target: id });
  sql.notify(id);
  return null;
}

/** AppError `invalid`, for a selection that selects no tenant that a host reports. */
export function matchesNothing(where: string | null): AppError {
  const what = where === null ? 'no host reports a tenant' : `no tenant that a host reports is selected by ${where}`;
  return new AppError('invalid', what, { hint: '`drover tenants --where …` lists what a selection selects.' });
}

const unanswered = 'plan_class IS NULL AND error IS NULL';

function notePlanned(sql: Sql, id: string, { host, classes, tenants }: PlannedTenants): void {
  if (!isRunning(sql, id)) return;
  for (const one of classes) addClass(sql, { id, host, ...one });
  for (const { tenant, plan_class, error } of tenants) {
    const refusal = plan_class === null ? error : explainMissing(sql, { id, host, plan_class });
    if (plan_class === null && refusal === null) continue;
    sql.run(
      `UPDATE planned_tenants SET plan_class = ?, error = ? WHERE plan = ? AND slug = ? AND host = ? AND ${unanswered}`,
      [refusal === null ? plan_class : null, refusal === null ? null : JSON.stringify(refusal), id, tenant, host],
    );
  }
  sql.notify(id);
}

type SentClass = PlannedTenants['classes'][number] & { id: string; host: string };

/** The first plan of a class stays. A host that sends more than its limit has no more classes of its own. */
function addClass(sql: Sql, { id, host, plan_class, plan }: SentClass): void {
  const body = JSON.stringify(plan);
  const bytes = Buffer.byteLength(body);
  const sent = sql.get('SELECT sum(bytes) AS bytes FROM plan_classes WHERE plan = ? AND host = ?', [id, host]);
  if (Number(sent?.['bytes'] ?? 0) + bytes > controllerLimits.planBytes.max) return;
  const { version = null, commit = null } = plan.target ?? {};
  sql.run(
    `INSERT OR IGNORE INTO plan_classes (plan, plan_class, version, target_commit, host, bytes, body)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    [id, plan_class, version, commit, host, bytes, body],
  );
}

/** The error of a tenant whose class has no plan here, or null. */
function explainMissing(sql: Sql, about: { id: string; host: string; plan_class: string }): ErrorBody | null {
  const { id, host, plan_class } = about;
  const known = sql.get('SELECT 1 FROM plan_classes WHERE plan = ? AND plan_class = ?', [id, plan_class]);
  if (known !== undefined) return null;
  const message = `the controller has no plan of the class ${plan_class.slice(0, 8)} that ${host} made`;
  return { code: 'too-large', message, hint: 'Its plans may be over the limit; plan fewer of its tenants at once.' };
}

const isRunning = (sql: Sql, id: string) =>
  sql.get('SELECT 1 FROM fleet_plans WHERE id = ? AND finished_at IS NULL', [id]) !== undefined;

function finishPlan(
  sql: Sql,
  id: string,
  { state, at, unplanned, actor }: Parameters<FleetPlanStore['finish']>[1],
): void {
  if (!isRunning(sql, id)) return;
  sql.run(`UPDATE planned_tenants SET error = ? WHERE plan = ? AND ${unanswered}`, [JSON.stringify(unplanned), id]);
  const summary = JSON.stringify(summarizePlan(sql, id, null));
  sql.run('UPDATE fleet_plans SET state = ?, finished_at = ?, summary = ? WHERE id = ?', [state, at, summary, id]);
  if (actor !== null) {
    appendAudit(sql, { ...actor, at, action: 'rollout.plan.cancel', tenant: null, host: null, target: id });
  }
  sql.notify(id);
}

function prunePlans(sql: Sql, keep: number): void {
  const rows = sql.all(
    `SELECT id FROM fleet_plans WHERE finished_at IS NOT NULL
       AND id NOT IN (SELECT plan FROM rollouts WHERE ended_at IS NULL AND plan IS NOT NULL)
       ORDER BY id DESC LIMIT -1 OFFSET ?`,
    [keep],
  );
  for (const { id } of rows) {
    for (const [table, column] of [
      ['planned_tenants', 'plan'],
      ['plan_classes', 'plan'],
      ['fleet_plans', 'id'],
    ]) {
      sql.run(`DELETE FROM ${table} WHERE ${column} = ?`, [String(id)]);
    }
  }
}
