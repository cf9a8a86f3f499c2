// Upgrades: their rows for lists, their results, and their streams.
import type { Page, UpgradesQuery } from '../../../shared/wire/api.js';
import type { Result } from '../../../shared/model/result.js';
import { emptyResult } from '../empty_result.js';
import type { Selection } from '../../../shared/selection/selection.js';
import type { UpgradeReads, UpgradeStore } from '../port.js';
import type { StoredUpgrade } from '../stored.js';
import type { Sql, StoreDatabase } from './database/database.js';
import type { FoldStored } from './fold_stored.js';
import { listHookRuns } from './hook_runs.js';
import { pageOf } from './page.js';
import { pruneLogs } from './prune_logs.js';
import { toResult, toUpgrade } from './rows.js';
import { always, amongScope, hostInScope, inScope, type Condition } from './selection_sql.js';
import { readItems } from './stream_items.js';

/** The upgrades that an asker of this scope sees. */
export function createUpgradeReads(read: Sql, foldStored: FoldStored, scope: Selection | null): UpgradeReads {
  return {
    find: async (id) => findUpgrade(read, id, scope),
    list: async (query) => listUpgrades(read, query, scope),
    listHookRuns: (tenant, query) => listHookRuns(read, { tenant, seen: findSeen(scope, inScope) }, query),
    readResult: async (id) => readResult(read, findUpgrade(read, id, scope), foldStored),
    readStream: async (id, { after, limit }) => {
      const isSeen = scope === null || findUpgrade(read, id, scope) !== null;
      return isSeen ? readItems(read, { id, after, limit }) : [];
    },
  };
}

/** Upgrades over this database. */
export function createUpgradeStore(database: StoreDatabase, foldStored: FoldStored): UpgradeStore {
  const { read } = database;
  return {
    ...createUpgradeReads(read, foldStored, null),
    findWanted: async (host, streams) => findWanted(read, host, streams),
    pruneLogs: (before, limit) => database.write((sql) => pruneLogs(sql, before, limit)),
  };
}

/**
 * All but the result, which is long and seldom wanted; with what the orders about it say. SQLite uses the index of open
 * orders about an upgrade only where its whole condition, `kind <> 'upgrade'` too, is in the query.
 */
const columns = `upgrades.id, upgrades.tenant, upgrades.host, status, upgrades.created_at, previous_version, new_version,
  current_version, started_at, finished_at, step, message, needs_operator, items, events, result IS NOT NULL AS is_over,
  own.expires_at, own.offered_at, own.accepted_at,
  EXISTS (SELECT 1 FROM orders about WHERE about.upgrade = upgrades.id AND about.ended_at IS NULL
    AND about.kind <> 'upgrade' AND about.kind = 'cancel') AS is_cancelling`;
const source = 'upgrades LEFT JOIN orders own ON own.id = upgrades.id';

/**
 * An upgrade is seen by who sees its tenant, and the host that it ran on: its result, its stream and its messages name that.
 * The host that has the tenant now is seen by all who see the tenant.
 */
function findSeen(scope: Selection | null, ofTenant: typeof inScope): Condition {
  if (scope === null) return always;
  const [tenant, host] = [ofTenant(scope, 'upgrades.tenant'), hostInScope(scope, 'upgrades.host')];
  const isItsHost = 'upgrades.host = (SELECT host FROM slugs WHERE slug = upgrades.tenant)';
  return { sql: `${tenant.sql} AND (${isItsHost} OR ${host.sql})`, values: [...tenant.values, ...host.values] };
}

/** The upgrade with this id, or null. */
export function findUpgrade(sql: Sql, id: string, scope: Selection | null = null): StoredUpgrade | null {
  const seen = findSeen(scope, inScope);
  const row = sql.get(`SELECT ${columns} FROM ${source} WHERE ${seen.sql} AND upgrades.id = ?`, [...seen.values, id]);
  return row === undefined ? null : toUpgrade(row);
}

interface Tenant {
  tenant: string;
  host: string;
}

/**
 * The queued or running upgrade of a tenant on its host, or null. What another host says of the tenant, which may be gone
 * for good, does not count. The index is that of the tenants, whatever the planner thinks of the host's.
 */
export function findOpen(sql: Sql, { tenant, host }: Tenant): { id: string; status: string } | null {
  const row = sql.get(
    `SELECT id, status FROM upgrades WHERE tenant = ? AND +host = ? AND status IN ('queued', 'running') LIMIT 1`,
    [tenant, host],
  );
  return row === undefined ? null : { id: String(row['id']), status: String(row['status']) };
}

function listUpgrades(
  sql: Sql,
  { limit, cursor, tenant, host, status }: UpgradesQuery,
  scope: Selection | null,
): Page<StoredUpgrade> {
  const seen = findSeen(scope, tenant === undefined ? amongScope : inScope);
  // One index serves a page, the narrowest: SQLite does not use one for a column with a + before it.
  const filters = [
    { where: 'upgrades.id < ?', value: cursor },
    { where: 'upgrades.tenant = ?', value: tenant },
    { where: tenant === undefined ? 'upgrades.host = ?' : '+upgrades.host = ?', value: host },
    { where: tenant === undefined && host === undefined ? 'status = ?' : '+status = ?', value: status },
  ].flatMap(({ where, value }) => (value === undefined ? [] : [{ where, value }]));
  const where = [seen.sql, ...filters.map((filter) => filter.where)].join(' AND ');
  const rows = sql.all(`SELECT ${columns} FROM ${source} WHERE ${where} ORDER BY upgrades.id DESC LIMIT ?`, [
    ...seen.values,
    ...filters.map(({ value }) => value),
    limit + 1,
  ]);
  return pageOf(rows, { limit, key: 'id', of: toUpgrade });
}

async function readResult(sql: Sql, upgrade: StoredUpgrade | null, foldStored: FoldStored): Promise<Result | null> {
  if (upgrade === null) return null;
  const { id } = upgrade;
  if (!upgrade.isOver) return upgrade.events > 0 ? (await foldStored(id, upgrade.items)).read() : emptyResult(upgrade);
  return toResult(sql.get('SELECT result FROM upgrades WHERE id = ?', [id])?.['result'], upgrade);
}

function findWanted(sql: Sql, host: string, streams: readonly { upgrade: string; events: number }[]): string[] {
  const stored = sql.all(
    `SELECT id, host, events, is_cut, result IS NOT NULL AS is_over FROM upgrades WHERE id IN (SELECT value FROM json_each(?))`,
    [JSON.stringify(streams.map(({ upgrade }) => upgrade))],
  );
  const rows = new Map(stored.map((row) => [String(row['id']), row]));
  return streams.flatMap(({ upgrade, events }) => {
    const row = rows.get(upgrade);
    const isWanted =
      row === undefined ||
      (row['host'] === host && row['is_cut'] !== 1 && (row['is_over'] !== 1 || Number(row['events']) < events));
    return isWanted ? [upgrade] : [];
  });
}
