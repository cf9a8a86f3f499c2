// Stores new orders: those of one transaction in their order, and upgrades that do not touch each other together.
import type { AppError } from '../../../../shared/errors.js';
import type { NewOrder } from '../../order.js';
import type { Placed, Placing } from '../../port.js';
import { unknownTenant } from '../../unknown.js';
import { appendAudit } from '../access/audit.js';
import { addUpgrades, isAlike, type UpgradeWish } from './add_upgrades.js';
import type { Sql } from '../database/database.js';
import { endedError, findBefore, findCancel } from './order_rules.js';
import { addKey } from './keys.js';
import { lookAt } from './order_place.js';
import { bodyOf } from '../rows.js';
import { findUpgrade } from '../upgrades.js';

/** An order that is asked for. */
export interface Wish {
  order: NewOrder;
  placing: Placing;
}

/**
 * Writes each order with its upgrade, its key and its entry in the audit log, or nothing of it and returns why. Each sees
 * those before it.
 */
export function addOrders(sql: Sql, wishes: readonly Wish[]): Map<NewOrder, Placed | AppError> {
  const answers = new Map<NewOrder, Placed | AppError>();
  let group: UpgradeWish[] = [];
  const touched = new Set<string>();

  function addGroup(): void {
    if (group.length === 0) return;
    const placed = addUpgrades(sql, group);
    for (const [index, { order }] of group.entries()) {
      const answer = placed[index];
      if (answer !== undefined) answers.set(order, answer);
    }
    group = [];
    touched.clear();
  }

  for (const { order, placing } of wishes) {
    if (order.kind === 'upgrade') {
      const wish = { order, placing, body: bodyOf(order) };
      const touches = touchedBy(wish);
      const [first = wish] = group;
      if (!isAlike(wish, first) || touches.some((what) => touched.has(what))) addGroup();
      group.push(wish);
      for (const what of touches) touched.add(what);
    } else {
      addGroup();
      answers.set(order, addOrder(sql, order, placing));
    }
  }
  addGroup();
  return answers;
}

/** The tenant and the key. A slug has no space. */
function touchedBy({ order: { tenant }, placing: { key } }: UpgradeWish): string[] {
  return key === null ? [tenant] : [tenant, `key ${key.owner} ${key.key}`];
}

const insertOrder = `INSERT INTO orders (id, kind, tenant, host, body, upgrade, created_at, expires_at, offered_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** An order that makes no upgrade. */
function addOrder(
  sql: Sql,
  order: Exclude<NewOrder, { kind: 'upgrade' }>,
  { key, actor, isOffered: mayOffer }: Placing,
): Placed | AppError {
  const before = findBefore(sql, key);
  if (before !== null) return before;
  if (order.kind === 'cancel') {
    const ended = findUpgrade(sql, order.upgrade);
    if (ended?.isOver === true) return endedError(ended);
    const same = findCancel(sql, order);
    if (same !== null) return { isNew: false, id: same };
  }
  const { id, kind, tenant, upgrade, created_at: at, expires_at } = order;
  const { host, version } = lookAt(sql, order);
  if (host === null) return unknownTenant(tenant);
  const isOffered = mayOffer(host);
  sql.run(insertOrder, [id, kind, tenant, host, bodyOf(order), upgrade, at, expires_at, isOffered ? at : null]);
  if (key !== null) addKey(sql, key, { id, at });
  const target = order.kind === 'mark' ? order.mark.tag : upgrade;
  appendAudit(sql, { ...actor, at, action: kind, tenant, host, target });
  return { isNew: true, id, host, version, isOffered };
}
