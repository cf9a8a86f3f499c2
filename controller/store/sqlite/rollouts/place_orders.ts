// The orders of a rollout: new attempts, rollbacks of successes, and withdrawals.
import type { NewOrder } from '../../order.js';
import type { PlacedOrder, StepOptions, StoredRollout, StoredTarget } from '../../rollouts.js';
import type { Sql } from '../database.js';
import { endUnbegun } from '../orders.js';
import { bodyOf } from '../rows.js';

/** Orders that withdraw do not expire. */
const noExpiry = '9999-12-31T23:59:59.999Z';

/** Places orders of one rollout in one transaction. Those of hosts that are to be sent theirs are collected. */
export interface PlaceOrders {
  start(target: StoredTarget, expiresAt: string): void;
  rollBack(target: StoredTarget, expiresAt: string): void;
  /** Ends what was never offered, and asks the host to withdraw the rest, once. */
  withdraw(target: StoredTarget): void;
  placed: readonly PlacedOrder[];
}

/** `version` and `commit` are what the attempts pin. */
export function createPlaceOrders(
  sql: Sql,
  rollout: StoredRollout,
  { at, makeId, isOffered }: StepOptions,
): PlaceOrders {
  const placed: PlacedOrder[] = [];
  const { version, commit } = rollout;
  const request = { version, force: false, allow_downgrade: false, from: null, commit };

  function insert(order: NewOrder & { host: string }): void {
    const { id, kind, tenant, host, upgrade, expires_at } = order;
    const isSent = isOffered(host);
    sql.run(
      `INSERT INTO orders (id, kind, tenant, host, body, upgrade, created_at, expires_at, offered_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [id, kind, tenant, host, bodyOf(order), upgrade, at, expires_at, isSent ? at : null],
    );
    if (isSent) placed.push({ host, order });
  }

  return {
    placed,
    start({ slug: tenant, host, version: previous, attempt: before, plan_class }, expires_at) {
      const [id, attempt] = [makeId(), before + 1];
      const row = sql.get(
        `INSERT INTO upgrades (id, tenant, host, status, created_at, previous_version, new_version)
           VALUES (?, ?, ?, 'queued', ?, ?, ?) RETURNING no`,
        [id, tenant, host, at, previous, version],
      );
      const no = Number(row?.['no']);
      sql.run('INSERT INTO attempts (upgrade, rollout, attempt) VALUES (?, ?, ?)', [no, rollout.id, attempt]);
      sql.run(
        `UPDATE rollout_targets SET attempt = ?, upgrade = ?, ordered_at = ?, is_withdrawn = 0
           WHERE rollout = ? AND slug = ?`,
        [attempt, no, at, rollout.id, tenant],
      );
      // A tenant whose plan nobody knows gets an approved class: its host answers with its own where that is another.
      const approved = rollout.approved === null ? null : (plan_class ?? rollout.approved[0] ?? null);
      const asked = approved === null ? {} : { plan_class: approved };
      const about = { id, tenant, host, upgrade: id, created_at: at, expires_at };
      insert({ kind: 'upgrade', ...about, request, ...asked, rollout: { id: rollout.id, attempt } });
    },
    rollBack({ slug: tenant, host, upgrade }, expires_at) {
      const id = makeId();
      sql.run('UPDATE rollout_targets SET rollback_order = ? WHERE rollout = ? AND slug = ?', [id, rollout.id, tenant]);
      const about = { id, tenant, host, upgrade: null, created_at: at, expires_at };
      // Somebody may have upgraded the tenant on its host since: that is not undone.
      const only = upgrade ?? undefined;
      insert({ kind: 'rollback', ...about, restore_database: false, only });
    },
    withdraw({ slug: tenant, host, upgrade, is_withdrawn }) {
      if (upgrade === null || is_withdrawn) return;
      sql.run('UPDATE rollout_targets SET is_withdrawn = 1 WHERE rollout = ? AND slug = ?', [rollout.id, tenant]);
      if (endUnbegun(sql, upgrade, { status: 'cancelled', at, failure: null, onlyUnoffered: true })) return;
      const about = { id: makeId(), tenant, host, upgrade, created_at: at, expires_at: noExpiry };
      insert({ kind: 'cancel', ...about, force: false, unbegun: true });
    },
  };
}
