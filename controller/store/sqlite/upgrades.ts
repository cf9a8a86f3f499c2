// Upgrades in the store: their lines for lists, their results, and their streams.
import type { Page, UpgradesQuery } from '../../../shared/wire/api.js';
import { resultSchema, type Result } from '../../../shared/model/result.js';
import type { StoreDatabase, Sql } from './database.js';
import { upgradeRow, type UpgradeRow } from '../rows.js';
import { readStoredEvents, readItems, type StoredItem } from './stream_items.js';
import { deriveResult } from '../../../shared/model/derive_result.js';

export interface UpgradeStore {
  find(id: string): UpgradeRow | null;
  /** The newest first; the cursor is the id of the last one shown. */
  list(query: UpgradesQuery): Page<UpgradeRow>;
  /** The result as the stream has it so far; of one without a stream, what its order came to. */
  readResult(row: UpgradeRow): Result;
  /** Items of the stream after `seq`, at most `limit`. */
  readStream(no: number, after: number, limit: number): StoredItem[];
  /** The upgrade of a tenant that is queued or under way, or null. */
  findOpen(tenant: string): UpgradeRow | null;
  /**
   * Of what a host says that it has, the upgrades whose streams are wanted: those with records that are not stored, and
   * those that are not over. None of an upgrade of another host.
   */
  findWanted(host: string, streams: readonly { upgrade: string; events: number }[]): string[];
  /** Removes the streams of upgrades that ended before `before` (ISO 8601), some at a time; how many. */
  pruneLogs(before: string, limit: number): Promise<number>;
}

export function createUpgradeStore(database: StoreDatabase): UpgradeStore {
  const { read } = database;
  return {
    find: (id) => findRow(read, id),
    list: (query) => listRows(read, query),
    readResult(row) {
      if (row.over === 1) return readStoredResult(read, row.no);
      return row.events > 0 ? deriveResult(readStoredEvents(read, row.no)) : emptyResult(row);
    },
    readStream: (no, after, limit) => readItems(read, { no, after, limit }),
    findOpen: (tenant) => findOpen(read, tenant),
    findWanted(host, streams) {
      const stored = read.all(
        `SELECT id, host, events, result IS NOT NULL AS over FROM upgrades WHERE id IN (SELECT value FROM json_each(?))`,
        [JSON.stringify(streams.map(({ upgrade }) => upgrade))],
      );
      const rows = new Map(stored.map((row) => [String(row['id']), row]));
      return streams.flatMap(({ upgrade, events }) => {
        const row = rows.get(upgrade);
        const isWanted =
          row === undefined || (row['host'] === host && (row['over'] !== 1 || Number(row['events']) < events));
        return isWanted ? [upgrade] : [];
      });
    },
    pruneLogs: (before, limit) => database.write((sql) => pruneLogs(sql, before, limit)),
  };
}

/** All but the result, which is long and seldom wanted. */
const columns = `no, id, tenant, host, status, created_at, previous_version, new_version, current_version, started_at,
  finished_at, step, message, needs_operator, items, events, outputs, result IS NOT NULL AS over`;

function readStoredResult(sql: Sql, no: number): Result {
  const text = sql.get('SELECT result FROM upgrades WHERE no = ?', [no])?.['result'];
  return resultSchema.parse(JSON.parse(String(text)));
}

/** The line of the upgrade with this id, or null. */
export function findRow(sql: Sql, id: string): UpgradeRow | null {
  const row = sql.get(`SELECT ${columns} FROM upgrades WHERE id = ?`, [id]);
  return row === undefined ? null : upgradeRow.parse(row);
}

/** The upgrade of a tenant that is queued or under way, or null. */
export function findOpen(sql: Sql, tenant: string): UpgradeRow | null {
  const row = sql.get(`SELECT ${columns} FROM upgrades WHERE tenant = ? AND status IN ('queued', 'running') LIMIT 1`, [
    tenant,
  ]);
  return row === undefined ? null : upgradeRow.parse(row);
}

function listRows(sql: Sql, { limit, cursor, tenant, host, status }: UpgradesQuery): Page<UpgradeRow> {
  // One index serves a page, the narrowest: SQLite does not use one for a column with a + before it.
  const filters = [
    { where: 'id < ?', value: cursor },
    { where: 'tenant = ?', value: tenant },
    { where: tenant === undefined ? 'host = ?' : '+host = ?', value: host },
    { where: tenant === undefined && host === undefined ? 'status = ?' : '+status = ?', value: status },
  ].flatMap(({ where, value }) => (value === undefined ? [] : [{ where, value }]));
  const where = filters.length === 0 ? '' : `WHERE ${filters.map((filter) => filter.where).join(' AND ')}`;
  const rows = sql.all(`SELECT ${columns} FROM upgrades ${where} ORDER BY id DESC LIMIT ?`, [
    ...filters.map(({ value }) => value),
    limit + 1,
  ]);
  const items = rows.slice(0, limit).map((row) => upgradeRow.parse(row));
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

const streamAge = upgradeRow.pick({ no: true, created_at: true, finished_at: true });

/** Upgrades are numbered in their order of time, so the oldest streams come first. */
function pruneLogs(sql: Sql, before: string, limit: number): number {
  let pruned = 0;
  for (let at = 0; pruned < limit; ) {
    const row = sql.get(
      `SELECT no, created_at, finished_at FROM upgrades
         WHERE no = (SELECT upgrade FROM stream WHERE upgrade > ? ORDER BY upgrade LIMIT 1)`,
      [at],
    );
    if (row === undefined) break;
    const { no, created_at: createdAt, finished_at: finishedAt } = streamAge.parse(row);
    if (createdAt >= before) break;
    at = no;
    if (finishedAt === null || finishedAt >= before) continue;
    sql.run('DELETE FROM stream WHERE upgrade = ?', [at]);
    pruned += 1;
  }
  return pruned;
}

/** Of an upgrade that its host has told nothing of yet. */
export function emptyResult(
  row: Pick<UpgradeRow, 'id' | 'tenant' | 'host' | 'status' | 'new_version' | 'created_at'>,
): Result {
  return {
    status: row.status,
    previous_version: null,
    new_version: row.new_version,
    commit: null,
    migrations_run: [],
    hooks_executed: [],
    backup_path: null,
    details: [],
    id: row.id,
    tenant: row.tenant,
    host: row.host,
    current_version: null,
    started_at: row.created_at,
    finished_at: null,
    downtime_ms: 0,
    steps: [],
    warnings: [],
    failure: null,
  };
}
