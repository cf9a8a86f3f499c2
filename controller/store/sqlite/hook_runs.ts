// The hooks that ran for a tenant, from the events of its upgrades. Other work goes on between two upgrades.
import { setImmediate as afterOtherWork } from 'node:timers/promises';
import { listHookRuns as listRunsOf, type HookRun } from '../../../shared/model/hook_runs.js';
import type { Page, PageQuery } from '../../../shared/wire/api.js';
import type { Sql } from './database/database.js';
import type { Condition } from './selection_sql.js';
import { readCommandEvents } from './stream_items.js';

/** The latest first; a page ends with the upgrade that reaches its limit. `seen`: a condition on `upgrades`. */
export async function listHookRuns(
  sql: Sql,
  of: { tenant: string; seen: Condition },
  { limit, cursor }: PageQuery,
): Promise<Page<HookRun>> {
  const items: HookRun[] = [];
  for (let before = cursor ?? null; ; ) {
    const upgrade = findBefore(sql, of, before);
    if (upgrade === null) return { items, next: null };
    if (items.length >= limit) return { items, next: before };
    for (const run of listRunsOf(upgrade, readCommandEvents(sql, upgrade)).toReversed()) items.push(run);
    before = upgrade;
    await afterOtherWork();
  }
}

/** The tenant's upgrade before this one, or its latest; null for none. */
function findBefore(
  sql: Sql,
  { tenant, seen }: { tenant: string; seen: Condition },
  before: string | null,
): string | null {
  const row = sql.get(
    `SELECT id FROM upgrades WHERE ${seen.sql} AND tenant = ? AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT 1`,
    [...seen.values, tenant, before, before],
  );
  return row === undefined ? null : String(row['id']);
}
