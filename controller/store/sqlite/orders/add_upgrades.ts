// Stores orders that make upgrades: many of different tenants at once, with one statement for each table.
import type { AppError } from '../../../../shared/errors.js';
import type { NewOrder } from '../../order.js';
import type { StoredFreeze } from '../../freezes.js';
import type { Actor } from '../../access.js';
import type { Placed, Placing } from '../../port.js';
import { isRefused, refusedKey } from '../../refused_key.js';
import { unknownTenant } from '../../unknown.js';
import { appendAudits } from '../access/audit.js';
import type { Sql } from '../database/database.js';
import { busyError, findBefore } from './order_rules.js';
import { addKey } from './keys.js';
import { findFrozenAmong, frozenError } from '../rollouts/find_freeze.js';
import { lookAtAll, type OrderPlace } from './order_place.js';

export interface UpgradeWish {
  order: Extract<NewOrder, { kind: 'upgrade' }>;
  placing: Placing;
  /** The column `body` of the order. */
  body: string;
}

/** A row of `upgrades` and of its order: what `insertUpgrades` and `insertOrders` take from JSON. */
type Row = readonly [id: string, tenant: string, host: string, previous: string | null, offered: 0 | 1];

const insertUpgrades = `INSERT INTO upgrades (id, tenant, host, status, created_at, previous_version, new_version)
  SELECT value ->> 0, value ->> 1, value ->> 2, 'queued', ?2, value ->> 3, ?3 FROM json_each(?1)`;
const insertOrders = `INSERT INTO orders (id, kind, tenant, host, body, upgrade, created_at, expires_at, offered_at)
  SELECT value ->> 0, 'upgrade', value ->> 1, value ->> 2, ?3, value ->> 0, ?2, ?4, iif(value ->> 4, ?2, NULL)
  FROM json_each(?1)`;

/** True for two that differ in their tenants only, and in what these are on. */
export function isAlike({ order, placing, body }: UpgradeWish, other: UpgradeWish): boolean {
  const isSameTime = order.created_at === other.order.created_at && order.expires_at === other.order.expires_at;
  return isSameTime && isSameActor(placing.actor, other.placing.actor) && body === other.body;
}

function isSameActor(actor: Actor, { token, name, address, reason }: Actor): boolean {
  return actor.token === token && actor.name === name && actor.address === address && actor.reason === reason;
}

/**
 * Writes each order with its upgrade, key and entry, or nothing of it; returns what came of each, in their order. They are
 * alike, and of other tenants and with other keys each.
 */
export function addUpgrades(sql: Sql, wishes: readonly UpgradeWish[]): (Placed | AppError)[] {
  const places = lookAtAll(
    sql,
    wishes.map(({ order }) => order),
  );
  const frozen = findFrozenAmong(
    sql,
    wishes.map(({ order }) => order.tenant),
    wishes[0]?.order.created_at ?? '',
  );
  const rows: Row[] = [];
  const answers = wishes.map((wish, index) => {
    const answer = findBefore(sql, wish.placing.key) ?? place(wish, places[index], frozen.get(wish.order.tenant));
    if (!('host' in answer)) return answer;
    const { id, host, version, isOffered } = answer;
    rows.push([id, wish.order.tenant, host, version, isOffered ? 1 : 0]);
    if (wish.placing.key !== null) addKey(sql, wish.placing.key, { id, at: wish.order.created_at });
    return answer;
  });
  const [first] = wishes;
  if (rows.length === 0 || first === undefined) return answers;
  const { order, placing, body } = first;
  const { created_at: at, expires_at, request } = order;
  const json = JSON.stringify(rows);
  sql.run(insertUpgrades, [json, at, request.version]);
  sql.run(insertOrders, [json, at, body, expires_at]);
  const things = rows.map(([target, tenant, host]) => ({ target, tenant, host }));
  appendAudits(sql, { ...placing.actor, at, action: 'upgrade' }, things);
  return answers;
}

function place(
  { order, placing }: UpgradeWish,
  at: OrderPlace | undefined,
  freeze: StoredFreeze | undefined,
): Placed | AppError {
  const { id, tenant } = order;
  if (at === undefined || at.host === null) return unknownTenant(tenant);
  const { host, version, keyState, busy } = at;
  if (isRefused(keyState)) return refusedKey(host, keyState, 'no upgrade begins there');
  if (busy !== null) return busyError(tenant, busy);
  if (freeze !== undefined) return frozenError(tenant, freeze);
  return { isNew: true, id, host, version, isOffered: placing.isOffered(host) };
}
