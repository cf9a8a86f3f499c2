// Orders in the store: what a host owes, until its journal has answered.
import { AppError } from '../../../shared/errors.js';
import type { ErrorBody } from '../../../shared/model/error_body.js';
import type { Failure, Status } from '../../../shared/model/result.js';
import type { StoreDatabase, Sql } from './database.js';
import { findHostOf, unknownTenant } from './hosts.js';
import { orderRow, type OrderRow } from '../rows.js';
import { emptyResult, findOpen, findRow } from './upgrades.js';

export type NewOrder = Pick<OrderRow, 'id' | 'kind' | 'tenant' | 'request' | 'created_at' | 'expires_at'> & {
  /** Null: the one that has the tenant when the order is stored. */
  host: string | null;
  /** The upgrade that a cancel is about; of others it is not known yet. */
  upgrade: string | null;
};

/** An idempotency key, and what it was given for. */
export interface Key {
  key: string;
  fingerprint: string;
}

export interface Placing {
  key: Key | null;
  /** Whether an order for that host is sent as soon as it is stored. */
  isOffered: (host: string) => boolean;
}

/** A new order, or the one that the key was given for before this: it is then the one that counts. */
export type Placed = { isNew: true; id: string; host: string; isOffered: boolean } | { isNew: false; id: string };

/** How an upgrade ended that its host has never begun. */
export interface Unbegun {
  status: Extract<Status, 'refused' | 'cancelled'>;
  at: string;
  failure: Failure | null;
}

export interface OrderStore {
  find(id: string): OrderRow | null;
  /** What a host owes, the oldest first. */
  openOf(host: string): OrderRow[];
  /** The orders about this upgrade that are open, but for the one that makes it. */
  openAbout(upgrade: string): OrderRow[];
  /**
   * Stores a new order, an upgrade's with its line in the lists. Throws AppError `unknown-tenant`, `busy` for a second
   * upgrade of a tenant, `key-reused`.
   */
  add(order: NewOrder, placing: Placing): Promise<Placed>;
  /** The id of the order that the key was given for before, or null. Throws AppError `key-reused`. */
  findKeyed(key: Key): string | null;
  /** Says that they may have reached the host; to be stored before they are sent. */
  markOffered(ids: readonly string[], at: string): Promise<void>;
  markAccepted(accepted: { id: string; host: string; at: string }): Promise<void>;
  /** Ends an order with the agent's answer: the upgrade that it concerns, or why not. */
  end(id: string, answer: { at: string; upgrade: string | null; error: ErrorBody | null }): Promise<void>;
  /** Ends an upgrade that never began, and all orders about it. False where it has begun, or ended, meanwhile. */
  endUnbegun(upgrade: string, end: Unbegun): Promise<boolean>;
  /** Upgrades that were never offered and whose time to begin is over. */
  expired(now: string): OrderRow[];
}

const open = 'ended_at IS NULL';
const openAbout = `upgrade = ? AND kind <> 'upgrade' AND ${open}`;

const parseRows = (rows: Record<string, unknown>[]) => rows.map((row) => orderRow.parse(row));

export function createOrderStore(database: StoreDatabase): OrderStore {
  const { read } = database;
  return {
    find: (id) => findOrder(read, id),
    openOf: (host) => parseRows(read.all(`SELECT * FROM orders WHERE host = ? AND ${open} ORDER BY id`, [host])),
    openAbout: (upgrade) => parseRows(read.all(`SELECT * FROM orders WHERE ${openAbout}`, [upgrade])),
    async add(order, placing) {
      // Not thrown in there: a refusal is no reason to do again what else is in the transaction.
      const placed = await database.write((sql) => addOrder(sql, order, placing));
      if (placed instanceof AppError) throw placed;
      return placed;
    },
    findKeyed(key) {
      const id = findKeyed(read, key);
      if (id instanceof AppError) throw id;
      return id;
    },
    markOffered: (ids, at) =>
      database.write((sql) => {
        for (const id of ids) sql.run('UPDATE orders SET offered_at = COALESCE(offered_at, ?) WHERE id = ?', [at, id]);
      }),
    markAccepted: ({ id, host, at }) =>
      database.write((sql) =>
        sql.run(`UPDATE orders SET accepted_at = ? WHERE id = ? AND host = ? AND ${open}`, [at, id, host]),
      ),
    end: (id, { at, upgrade, error }) =>
      database.write((sql) =>
        sql.run(`UPDATE orders SET ended_at = ?, upgrade = COALESCE(?, upgrade), error = ? WHERE id = ? AND ${open}`, [
          at,
          upgrade,
          error === null ? null : JSON.stringify(error),
          id,
        ]),
      ),
    endUnbegun: (upgrade, end) => database.write((sql) => endUnbegun(sql, upgrade, end)),
    expired: (now) =>
      parseRows(
        read.all(
          `SELECT * FROM orders WHERE kind = 'upgrade' AND offered_at IS NULL AND ${open} AND expires_at < ? LIMIT 1000`,
          [now],
        ),
      ),
  };
}

function findOrder(sql: Sql, id: string): OrderRow | null {
  const row = sql.get('SELECT * FROM orders WHERE id = ?', [id]);
  return row === undefined ? null : orderRow.parse(row);
}

/** Writes all of it, or nothing where it gives a refusal. */
function addOrder(sql: Sql, order: NewOrder, { key, isOffered: mayOffer }: Placing): Placed | AppError {
  const before = key === null ? null : findKeyed(sql, key);
  if (before instanceof AppError) return before;
  if (before !== null) return { isNew: false, id: before };
  const { id, kind, tenant, request, upgrade, created_at: at, expires_at } = order;
  const host = order.host ?? findHostOf(sql, tenant);
  if (host === null) return unknownTenant(tenant);
  const isOffered = mayOffer(host);
  if (kind === 'upgrade') {
    const other = findOpen(sql, tenant);
    if (other !== null) return busyError(tenant, other);
    const version = typeof request['version'] === 'string' ? request['version'] : null;
    sql.run('INSERT INTO upgrades (id, tenant, host, status, created_at, new_version) VALUES (?, ?, ?, ?, ?, ?)', [
      id,
      tenant,
      host,
      'queued',
      at,
      version,
    ]);
  }
  sql.run(
    `INSERT INTO orders (id, kind, tenant, host, request, upgrade, created_at, expires_at, offered_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      id,
      kind,
      tenant,
      host,
      JSON.stringify(request),
      kind === 'upgrade' ? id : upgrade,
      at,
      expires_at,
      isOffered ? at : null,
    ],
  );
  if (key !== null) sql.run('INSERT INTO keys VALUES (?, ?, ?, ?)', [key.key, key.fingerprint, id, at]);
  return { isNew: true, id, host, isOffered };
}

function findKeyed(sql: Sql, { key, fingerprint }: Key): string | null | AppError {
  const known = sql.get('SELECT * FROM keys WHERE key = ?', [key]);
  if (known === undefined) return null;
  if (known['fingerprint'] === fingerprint) return String(known['order_id']);
  return new AppError('key-reused', `the Idempotency-Key ${key} was given for another request before`, {
    hint: 'Take a new key for each request, such as a UUID, and the same one only to repeat it.',
  });
}

function busyError(tenant: string, { id, status }: { id: string; status: string }): AppError {
  return new AppError('busy', `${tenant} has an upgrade already (${id}, ${status})`, {
    hint: `\`drover logs ${id} --follow\` watches it, \`drover cancel ${id}\` ends it.`,
  });
}

function endUnbegun(sql: Sql, upgrade: string, { status, at, failure }: Unbegun): boolean {
  const row = findRow(sql, upgrade);
  if (row === null || row.events > 0 || row.over === 1) return false;
  const details = failure === null ? ['Withdrawn before it began', 'Nothing was stopped or changed'] : [];
  const result = { ...emptyResult({ ...row, status }), details, started_at: at, finished_at: at, failure };
  sql.run('UPDATE upgrades SET status = ?, started_at = ?, finished_at = ?, message = ?, result = ? WHERE no = ?', [
    status,
    at,
    at,
    failure?.message ?? null,
    JSON.stringify(result),
    row.no,
  ]);
  for (const which of [`id = ? AND ${open}`, openAbout])
    sql.run(`UPDATE orders SET ended_at = ? WHERE ${which}`, [at, upgrade]);
  return true;
}
