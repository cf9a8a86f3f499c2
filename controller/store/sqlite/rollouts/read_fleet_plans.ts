// Fleet plans as people read them: an asker with a scope sees those with a tenant of theirs, and of each only what is theirs.
import { z } from 'zod';
import { errorBodySchema } from '../../../../shared/model/error_body.js';
import { planSchema, type Plan } from '../../../../shared/model/plan/plan.js';
import { sharedLimits } from '../../../../shared/limits.js';
import type { Selection } from '../../../../shared/selection/selection.js';
import type { Page, PageQuery } from '../../../../shared/wire/api.js';
import { fleetPlanStates } from '../../../../shared/wire/rollouts_api.js';
import type { StoredFleetPlan, StoredPlanClass } from '../../fleet_plans.js';
import type { Sql } from '../database/database.js';
import { findHostOf } from '../hosts.js';
import { pageOf } from '../page.js';
import { inScope, selectSeen } from '../selection_sql.js';

/** How many tenants of a class, or of an error, are named. */
const maxExamples = 20;

const summarySchema = z.object({
  hosts: z.number(),
  tenants: z.number(),
  planned: z.number(),
  pin: z.object({ version: z.string(), commit: z.string() }).nullable(),
  disagreeing: z.array(z.object({ commit: z.string(), tenants: z.number() })),
});
type Summary = z.infer<typeof summarySchema>;

const planRow = z.object({
  id: z.string(),
  version: z.string().nullable(),
  selection: z.string().nullable(),
  state: z.enum(fleetPlanStates),
  created_at: z.string(),
  created_by: z.string(),
  finished_at: z.string().nullable(),
  summary: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(summarySchema)
    .nullable(),
});

const countRow = z.object({ hosts: z.number(), tenants: z.number(), planned: z.number() });
const targetRow = z.object({ version: z.string(), target_commit: z.string(), tenants: z.number() });

/** The counts and the pin of a plan, as far as this scope sees its tenants. */
export function summarizePlan(sql: Sql, id: string, scope: Selection | null): Summary {
  const seen = inScope(scope, 'planned_tenants.slug');
  const counts = countRow.parse(
    sql.get(
      `SELECT count(DISTINCT host) AS hosts, count(*) AS tenants, count(plan_class) AS planned FROM planned_tenants
         WHERE plan = ? AND ${seen.sql}`,
      [id, ...seen.values],
    ),
  );
  const targets = sql.all(
    `SELECT version, target_commit, count(*) AS tenants FROM planned_tenants
       JOIN plan_classes USING (plan, plan_class) WHERE plan = ? AND target_commit IS NOT NULL AND ${seen.sql}
       GROUP BY version, target_commit ORDER BY tenants DESC, target_commit LIMIT ?`,
    [id, ...seen.values, sharedLimits.warnings.max],
  );
  const [first, ...others] = targets.map((row) => targetRow.parse(row));
  return {
    ...counts,
    pin: first === undefined ? null : { version: first.version, commit: first.target_commit },
    disagreeing: others.map(({ target_commit: commit, tenants }) => ({ commit, tenants })),
  };
}

function toPlan(sql: Sql, row: Readonly<Record<string, unknown>>, scope: Selection | null): StoredFleetPlan {
  const { selection: where, summary, ...plan } = planRow.parse(row);
  const counted = scope === null && summary !== null ? summary : summarizePlan(sql, plan.id, scope);
  return { ...plan, where, ...counted };
}

/** True of a plan, a row of `fleet_plans`, that has a tenant in the scope. */
function isSeen(scope: Selection | null) {
  const seen = inScope(scope, 'planned_tenants.slug');
  if (scope === null) return seen;
  const sql = `EXISTS (SELECT 1 FROM planned_tenants WHERE planned_tenants.plan = fleet_plans.id AND ${seen.sql})`;
  return { sql, values: seen.values };
}

/** Null for one that there is not, or that the scope does not see. */
export function findFleetPlan(sql: Sql, id: string, scope: Selection | null): StoredFleetPlan | null {
  const seen = isSeen(scope);
  const row = sql.get(`SELECT * FROM fleet_plans WHERE id = ? AND ${seen.sql}`, [id, ...seen.values]);
  return row === undefined ? null : toPlan(sql, row, scope);
}

/** The newest first; the cursor is the id of the last one shown. */
export function listFleetPlans(sql: Sql, { limit, cursor }: PageQuery, scope: Selection | null): Page<StoredFleetPlan> {
  const seen = isSeen(scope);
  const rows = sql.all(`SELECT * FROM fleet_plans WHERE id < ? AND ${seen.sql} ORDER BY id DESC LIMIT ?`, [
    cursor ?? '~',
    ...seen.values,
    limit + 1,
  ]);
  return pageOf(rows, { limit, key: 'id', of: (row) => toPlan(sql, row, scope) });
}

interface Group {
  tenants: number;
  examples: string[];
}

/** The tenants of a plan that the scope sees, by a column of theirs; the largest group first. */
function groupTenants(sql: Sql, id: string, by: { column: 'plan_class' | 'error'; scope: Selection | null }) {
  const seen = inScope(by.scope, 'planned_tenants.slug');
  const rows = sql.all(
    `SELECT slug, ${by.column} AS value FROM planned_tenants WHERE plan = ? AND ${by.column} IS NOT NULL
       AND ${seen.sql} ORDER BY slug`,
    [id, ...seen.values],
  );
  const groups = new Map<string, Group>();
  for (const { slug, value } of rows) addTo(groups, String(value), { tenants: 1, examples: [String(slug)] });
  return sortGroups(groups);
}

/** Adds tenants to the group of this name. */
function addTo(groups: Map<string, Group>, name: string, { tenants, examples }: Group): void {
  const group = groups.get(name) ?? { tenants: 0, examples: [] };
  group.tenants += tenants;
  group.examples.push(...examples.slice(0, Math.max(0, maxExamples - group.examples.length)));
  groups.set(name, group);
}

const sortGroups = (groups: ReadonlyMap<string, Group>) =>
  [...groups].toSorted(([a, left], [b, right]) => right.tenants - left.tenants || (a < b ? -1 : 1));

/** The largest first. */
export function listClasses(sql: Sql, id: string, scope: Selection | null): StoredPlanClass[] {
  const groups = groupTenants(sql, id, { column: 'plan_class', scope });
  return groups.slice(0, sharedLimits.approvals.max).flatMap(([plan_class, group]) => {
    const row = sql.get('SELECT body FROM plan_classes WHERE plan = ? AND plan_class = ?', [id, plan_class]);
    if (row === undefined) return [];
    const plan = planSchema.parse(JSON.parse(String(row['body'])));
    return [{ plan_class, ...group, plan: scope === null ? plan : showTo(sql, plan, { scope, ...group }) }];
  });
}

/** By class; those that can run are left out. */
export function findBlocked(sql: Sql, id: string, classes: readonly string[]): Map<string, string[]> {
  const rows = sql.all(
    `SELECT plan_class, json_extract(body, '$.blockers') AS blockers FROM plan_classes WHERE plan = ?
       AND plan_class IN (SELECT value FROM json_each(?)) AND json_array_length(body, '$.blockers') > 0`,
    [id, JSON.stringify(classes)],
  );
  return new Map(
    rows.map(({ plan_class: own, blockers }) => {
      const codes = planSchema.shape.blockers.parse(JSON.parse(String(blockers))).map(({ code }) => code);
      return [String(own), [...new Set(codes)]] as const;
    }),
  );
}

/** A plan to who does not see its tenant: what its class has in common, as that of a tenant that they see. */
function showTo(sql: Sql, plan: Plan, { scope, examples }: { scope: Selection; examples: readonly string[] }): Plan {
  const seen = selectSeen(scope);
  const query = `SELECT slug, host FROM slugs WHERE slug = ? AND ${seen.sql}`;
  if (sql.get(query, [plan.tenant, ...seen.values]) !== undefined) return plan;
  const [example = plan.tenant] = examples;
  return {
    ...plan,
    tenant: example,
    host: findHostOf(sql, example) ?? plan.host,
    branch: null,
    migrations_by: null,
    requirements: { ...plan.requirements, reason: '' },
    record: null,
    disk: [],
    warnings: [...plan.warning_codes],
    blockers: plan.blockers.map(({ code }) => ({ code, message: code, hint: null })),
  };
}

/** By code, the largest first; each with the message of its most frequent error. */
export function listFailed(
  sql: Sql,
  id: string,
  scope: Selection | null,
): (Group & { code: string; message: string })[] {
  const codes = new Map<string, Group>();
  const messages = new Map<string, string>();
  for (const [error, group] of groupTenants(sql, id, { column: 'error', scope })) {
    const { code, message } = errorBodySchema.parse(JSON.parse(error));
    if (!messages.has(code)) messages.set(code, message);
    addTo(codes, code, group);
  }
  return sortGroups(codes).map(([code, group]) => ({ code, message: messages.get(code) ?? '', ...group }));
}

/** The tenants that no host has answered yet, by host. */
export function listUnplanned(sql: Sql, id: string): Map<string, string[]> {
  const rows = sql.all(
    'SELECT slug, host FROM planned_tenants WHERE plan = ? AND plan_class IS NULL AND error IS NULL ORDER BY slug',
    [id],
  );
  const hosts = new Map<string, string[]>();
  for (const { slug, host } of rows) {
    const slugs = hosts.get(String(host)) ?? [];
    slugs.push(String(slug));
    hosts.set(String(host), slugs);
  }
  return hosts;
}
