// Reads a rollout with its targets and what holds them.
import type { Selection } from '../../../../shared/selection/selection.js';
import type { RolloutNow, StoredRollout } from '../../rollouts.js';
import type { Sql } from '../database/database.js';
import { inScope } from '../selection_sql.js';
import { findFrozen, findFrozenLater, findNextChange } from './find_freeze.js';
import { readLatest, readTargets, type Holding } from './read_targets.js';
import { toRollout } from './rollout_rows.js';

/** True of rollouts, rows of `rollouts`, with a target in the scope. */
export function isSeen(scope: Selection | null) {
  const seen = inScope(scope, 'seen.slug');
  if (scope === null) return seen;
  const sql = `EXISTS (SELECT 1 FROM rollout_targets seen WHERE seen.rollout = rollouts.id AND ${seen.sql})`;
  return { sql, values: seen.values };
}

/** Null for one that there is not, or that the scope does not see. */
export function findRollout(sql: Sql, id: string, scope: Selection | null): StoredRollout | null {
  const seen = isSeen(scope);
  const row = sql.get(`SELECT * FROM rollouts WHERE id = ? AND ${seen.sql}`, [id, ...seen.values]);
  return row === undefined ? null : showRollout(sql, row, scope);
}

/** A row of `rollouts` as this scope sees it. */
export function showRollout(sql: Sql, row: Readonly<Record<string, unknown>>, scope: Selection | null): StoredRollout {
  return toRollout(row, { isScoped: scope !== null, hides: hidesTargets(sql, String(row['id']), scope) });
}

/** True where the rollout has a target that the scope does not see. */
export function hidesTargets(sql: Sql, id: string, scope: Selection | null): boolean {
  if (scope === null) return false;
  const seen = inScope(scope, 't.slug');
  const query = `SELECT 1 FROM rollout_targets t WHERE t.rollout = ? AND NOT ${seen.sql} LIMIT 1`;
  return sql.get(query, [id, ...seen.values]) !== undefined;
}

/** The targets that the scope sees at this time, and what holds them; all, or only these slugs. */
export function readNow(
  sql: Sql,
  rollout: StoredRollout,
  { at, scope, slugs = null }: { at: string; scope: Selection | null; slugs?: readonly string[] | null },
): RolloutNow {
  const { others, busy } = readOthers(sql, rollout.id);
  const holding = { failed: readFailed(sql, rollout.commit), others, ...readFrozen(sql, rollout.id, at) };
  const targets = readTargets(sql, rollout, { scope, slugs, holding });
  const hosts = new Set(targets.map(({ host }) => host));
  let latest: ReadonlySet<string> | null = null;
  return {
    rollout,
    targets,
    busy: new Map([...busy].filter(([host]) => hosts.has(host))),
    seen: { get: (host) => findSeen(sql, host) },
    latest: { has: (slug) => (latest ??= readLatest(sql, rollout.id)).has(slug) },
    next_freeze_at: findNextChange(sql, at),
  };
}

/** Open upgrades of the fleet that are not last attempts of targets of this rollout, or are of waived ones. */
function readOthers(sql: Sql, rollout: string) {
  const rows = sql.all(
    `SELECT u.id, u.tenant, u.host FROM upgrades u LEFT JOIN attempts a ON a.upgrade = u.no
       WHERE u.status IN ('queued', 'running') AND (a.rollout IS NOT ?1 OR NOT EXISTS (
         SELECT 1 FROM rollout_targets t
           WHERE t.rollout = ?1 AND t.slug = u.tenant AND t.upgrade = u.no AND t.settled IS NOT 'waived'))`,
    [rollout],
  );
  const others = new Map<string, { id: string; host: string }[]>();
  const busy = new Map<string, number>();
  for (const row of rows) {
    const [id, tenant, host] = [String(row['id']), String(row['tenant']), String(row['host'])];
    others.set(tenant, [...(others.get(tenant) ?? []), { id, host }]);
    busy.set(host, (busy.get(host) ?? 0) + 1);
  }
  return { others, busy };
}

function readFailed(sql: Sql, commit: string): Map<string, string> {
  const rows = sql.all('SELECT slug, signature FROM unfixed_failures WHERE target_commit = ?', [commit]);
  return new Map(rows.map(({ slug, signature }) => [String(slug), String(signature)]));
}

function readFrozen(sql: Sql, rollout: string, at: string): Pick<Holding, 'frozen' | 'frozenLater'> {
  const from = `FROM rollout_targets t JOIN slugs ON slugs.slug = t.slug
    LEFT JOIN tenants ON tenants.slug = slugs.slug AND tenants.host = slugs.host WHERE t.rollout = ?`;
  const asked = { at, from, values: [rollout] };
  const frozen = [...findFrozen(sql, asked)].map(([slug, { name }]) => [slug, name] as const);
  const later = [...findFrozenLater(sql, asked)].map(([slug, { begins_at }]) => [slug, begins_at] as const);
  return { frozen: new Map(frozen), frozenLater: new Map(later) };
}

/** When a host was last connected. Few are asked for: those that are here are known to be. */
function findSeen(sql: Sql, host: string): string | undefined {
  const seenAt = sql.get('SELECT seen_at FROM hosts WHERE host = ?', [host])?.['seen_at'];
  return typeof seenAt === 'string' ? seenAt : undefined;
}
