// Orders, and the end of upgrades that never began.
import { AppError } from '../../../../shared/errors.js';
import { toErrorBody } from '../../../../shared/model/error_body.js';
import { refusalFailure } from '../../../../shared/model/result.js';
import { emptyResult } from '../../empty_result.js';
import { expiredError } from '../../expired.js';
import type { Accepted, Order } from '../../order.js';
import type { OrderAnswer, OrderStore, Unbegun } from '../../port.js';
import { appendAudit } from '../access/audit.js';
import { addOrders } from './add_orders.js';
import { createBatchWriter } from '../database/batch_writer.js';
import type { Sql, StoreDatabase } from '../database/database.js';
import { findVersionOf } from '../hosts.js';
import { findKeyed } from './keys.js';
import { openAbout, openOrder as open } from './open_orders.js';
import { findFrozen, frozenError } from '../rollouts/find_freeze.js';
import { noteEnd, rolloutsChanged, withdrawAttempt } from '../rollouts/note_upgrade.js';
import { toOrder } from '../rows.js';
import { tellEnd } from '../webhooks/tell_webhooks.js';
import { findUpgrade } from '../upgrades.js';

/** Orders over this database. */
export function createOrderStore(database: StoreDatabase): OrderStore {
  const { read } = database;
  const addAll = createBatchWriter(database, addOrders);
  return {
    find: async (id) => findOrder(read, id),
    openOf: async (host) => openOf(read, host),
    async add(order, placing) {
      const placed = (await addAll({ order, placing })).get(order);
      if (placed instanceof AppError) throw placed;
      if (placed === undefined) throw new AppError('internal', `the order ${order.id} was not placed`);
      return placed;
    },
    async findKeyed(key) {
      const id = findKeyed(read, key);
      if (id instanceof AppError) throw id;
      return id;
    },
    offer: (host, at) =>
      database.write((sql) => {
        endFrozen(sql, { at, host });
        const fresh = `offered_at IS NULL AND expires_at > ?1 AND ${open}`;
        sql.run(`UPDATE orders SET offered_at = ?1 WHERE host = ?2 AND ${fresh}`, [at, host]);
        return openOf(sql, host).filter(({ offered_at }) => offered_at !== null);
      }),
    markAccepted: createBatchWriter(database, markAccepted),
    end: (id, answer) => database.write((sql) => endOrder(sql, id, answer)),
    endAsKnown: (id, answer) => database.write((sql) => endAsKnown(sql, id, answer)),
    endUnbegun: (upgrade, end) => database.write((sql) => endUnbegun(sql, upgrade, end)),
    pruneKeys: (before, max) =>
      database.write((sql) =>
        sql.run(
          'DELETE FROM keys WHERE at < ? OR rowid IN (SELECT rowid FROM keys ORDER BY at DESC LIMIT -1 OFFSET ?)',
          [before, max],
        ),
      ),
    endExpired: (now) => database.write((sql) => endExpired(sql, now)),
  };
}

/** SQLite reads the members of one object as they are: an object or an array of each would be parsed by itself. */
const acceptAll = `UPDATE orders SET accepted_at = ?2 FROM json_each(?1)
  WHERE orders.id = key AND orders.host = value AND ${open}`;

/** Those of one moment together. */
function markAccepted(sql: Sql, accepted: readonly Accepted[]): void {
  const members = new Map<string, string[]>();
  for (const { id, host, at } of accepted) {
    const ofMoment = members.get(at) ?? [];
    members.set(at, ofMoment);
    ofMoment.push(`${JSON.stringify(id)}:${JSON.stringify(host)}`);
    sql.notify(id);
  }
  for (const [at, ofMoment] of members) sql.run(acceptAll, [`{${ofMoment.join(',')}}`, at]);
}

/** The transaction that ends an order sees whether a host may have it. */
function endExpired(sql: Sql, now: string): Order[] {
  const rows = sql.all(`SELECT * FROM orders WHERE offered_at IS NULL AND ${open} AND expires_at <= ? LIMIT 1000`, [
    now,
  ]);
  const orders = rows.map(toOrder);
  for (const { id, kind, host, expires_at } of orders) {
    const error = expiredError(host, expires_at);
    endOrder(sql, id, { at: now, upgrade: null, error });
    if (kind === 'upgrade') endUnbegun(sql, id, { status: 'refused', at: now, failure: refusalFailure(error) });
  }
  return orders;
}

/** An ended order stays as it is. */
export function endOrder(sql: Sql, id: string, { at, upgrade, error }: OrderAnswer): void {
  sql.run(`UPDATE orders SET ended_at = ?, upgrade = COALESCE(?, upgrade), error = ? WHERE id = ? AND ${open}`, [
    at,
    upgrade,
    error === null ? null : JSON.stringify(error),
    id,
  ]);
  if (error !== null) sql.notify(rolloutsChanged);
}

function findOrder(sql: Sql, id: string): Order | null {
  const row = sql.get('SELECT * FROM orders WHERE id = ?', [id]);
  return row === undefined ? null : toOrder(row);
}

function openOf(sql: Sql, host: string): Order[] {
  return sql.all(`SELECT * FROM orders WHERE host = ? AND ${open} ORDER BY id`, [host]).map(toOrder);
}

function endAsKnown(sql: Sql, id: string, { known, at }: { known: string; at: string }): boolean {
  const own = findUpgrade(sql, id);
  if (own === null || own.events > 0 || own.isOver) return false;
  const other = findUpgrade(sql, known);
  if (other === null) {
    // Its stream follows.
    sql.run('UPDATE upgrades SET id = ? WHERE id = ?', [known, id]);
  } else {
    if (other.host !== own.host || other.tenant !== own.tenant) return false;
    sql.run('DELETE FROM upgrades WHERE id = ?', [id]);
  }
  sql.run(`UPDATE orders SET upgrade = ?, ended_at = ? WHERE id = ? AND ${open}`, [known, at, id]);
  // A cancel was for an upgrade that is none.
  const error = toErrorBody(
    new AppError('nothing-to-do', `the upgrade ${id} is ${known}, which its host had before`, {
      hint: `\`drover cancel ${known}\` ends that one.`,
    }),
  );
  sql.run(`UPDATE orders SET ended_at = ?, error = ? WHERE ${openAbout}`, [at, JSON.stringify(error), id]);
  return true;
}

/** Ends upgrades of frozen tenants that no host may have yet: of this host, or of all. Those of rollouts wait again. */
export function endFrozen(sql: Sql, { at, host }: { at: string; host: string | null }): void {
  const from = `FROM orders o JOIN slugs ON slugs.slug = o.tenant
    LEFT JOIN tenants ON tenants.slug = slugs.slug AND tenants.host = slugs.host
    WHERE o.ended_at IS NULL AND o.offered_at IS NULL AND o.kind = 'upgrade' ${host === null ? '' : 'AND o.host = ?'}`;
  const values = host === null ? [] : [host];
  const frozen = findFrozen(sql, { at, from, values });
  if (frozen.size === 0) return;
  for (const row of sql.all(`SELECT o.id, o.tenant ${from}`, values)) {
    const [id, tenant] = [String(row['id']), String(row['tenant'])];
    const freeze = frozen.get(tenant);
    if (freeze === undefined) continue;
    const failure = refusalFailure(toErrorBody(frozenError(tenant, freeze)));
    if (withdrawAttempt(sql, id)) endUnbegun(sql, id, { status: 'cancelled', at, failure: null });
    else endUnbegun(sql, id, { status: 'refused', at, failure });
  }
}

/** Ends an upgrade that never began, and all its orders; false where it has begun. */
export function endUnbegun(
  sql: Sql,
  id: string,
  { status, at, failure, onlyUnoffered = false, actor = null }: Unbegun,
): boolean {
  const upgrade = findUpgrade(sql, id);
  if (upgrade === null || upgrade.events > 0 || upgrade.isOver) return false;
  if (onlyUnoffered && upgrade.order?.isOffered !== false) return false;
  const details = failure === null ? ['Cancelled before it began', 'Nothing was stopped or changed'] : [];
  const version = findVersionOf(sql, upgrade) ?? upgrade.previous_version;
  const times = { started_at: at, finished_at: at };
  const result = { ...emptyResult({ ...upgrade, status }), current_version: version, details, ...times, failure };
  const row = sql.get(
    `UPDATE upgrades SET status = ?1, started_at = ?2, finished_at = ?2, current_version = ?3, message = ?4, result = ?5
       WHERE id = ?6 RETURNING no`,
    [status, at, version, failure?.message ?? null, JSON.stringify(result), id],
  );
  for (const which of [`id = ? AND ${open}`, openAbout]) {
    sql.run(`UPDATE orders SET ended_at = ? WHERE ${which}`, [at, id]);
  }
  const { tenant, host } = upgrade;
  tellEnd(sql, { upgrade: id, tenant, host, at }, { ...result, finished_at: at });
  noteEnd(sql, { no: Number(row?.['no']), tenant, host, at, status, failure, commit: null, hasSteps: false });
  if (actor !== null) appendAudit(sql, { ...actor, at, action: 'cancel', tenant, host, target: id });
  return true;
}
