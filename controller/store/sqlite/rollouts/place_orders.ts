// The orders of a step of a rollout: new attempts, rollbacks of successes, and withdrawals.
import type { NewOrder } from '../../order.js';
import type { PlacedOrder, RolloutActions, RolloutNow, StepOptions, StoredTarget } from '../../rollouts.js';
import type { Sql } from '../database/database.js';
import { endUnbegun } from '../orders/orders.js';
import { bodyOf } from '../rows.js';
import { addAttempts } from './add_attempts.js';

/** Orders that withdraw do not expire. */
const noExpiry = '9999-12-31T23:59:59.999Z';

type Wanted = Pick<RolloutActions, 'starts' | 'rollbacks' | 'withdrawals'>;

/** Places them in one transaction; returns those that are to be sent, withdrawals first. */
export function placeOrders(
  sql: Sql,
  { rollout, targets }: RolloutNow,
  { starts, rollbacks, withdrawals, ...options }: Wanted & StepOptions,
): PlacedOrder[] {
  if (starts.length + rollbacks.length + withdrawals.length === 0) return [];
  const known = new Map(targets.map((target) => [target.slug, target]));
  const find = (slug: string) => known.get(slug) ?? fail(`the rollout ${rollout.id} has no tenant ${slug}`);
  const withTarget = ({ slug, expires_at }: Wanted['starts'][number]) => ({ target: find(slug), expires_at });
  return [
    ...withdraw(sql, rollout.id, { targets: withdrawals.map(find), ...options }),
    ...addAttempts(sql, rollout, { starts: starts.map(withTarget), ...options }),
    ...rollbacks.flatMap((one) => rollBack(sql, rollout.id, { ...withTarget(one), ...options })),
  ];
}

type Inserted = Exclude<NewOrder, { kind: 'upgrade' }> & { host: string };

/** Of one kind and with the same body; returns those that are to be sent. */
function insertOrders(sql: Sql, orders: readonly Inserted[], { at, isOffered }: StepOptions): PlacedOrder[] {
  const [first] = orders;
  if (first === undefined) return [];
  const sent = orders.filter(({ host }) => isOffered(host));
  const isSent = new Set(sent);
  const rows = orders.map((order) => {
    const { id, tenant, host, upgrade, expires_at } = order;
    return [id, tenant, host, upgrade, expires_at, isSent.has(order) ? 1 : 0];
  });
  sql.run(
    `INSERT INTO orders (id, kind, tenant, host, body, upgrade, created_at, expires_at, offered_at)
       SELECT value ->> 0, ?2, value ->> 1, value ->> 2, ?3, value ->> 3, ?4, value ->> 4, iif(value ->> 5, ?4, NULL)
       FROM json_each(?1)`,
    [JSON.stringify(rows), first.kind, bodyOf(first), at],
  );
  return sent.map((order) => ({ host: order.host, order }));
}

type Targets = StepOptions & { targets: readonly StoredTarget[] };

/** Ends what was never offered, and asks the hosts to withdraw the rest, once. */
function withdraw(sql: Sql, rollout: string, { targets, ...options }: Targets): PlacedOrder[] {
  const { at, makeId } = options;
  const open = targets.filter(({ is_withdrawn: isWithdrawn }) => !isWithdrawn);
  markWithdrawn(
    sql,
    rollout,
    open.map(({ slug }) => slug),
  );
  const ended = endUnoffered(sql, open, at);
  const orders = open.flatMap(({ slug: tenant, host, upgrade }): Inserted[] => {
    if (upgrade === null || ended.has(upgrade)) return [];
    const about = { id: makeId(), tenant, host, upgrade, created_at: at, expires_at: noExpiry };
    return [{ kind: 'cancel', ...about, force: false, unbegun: true }];
  });
  return insertOrders(sql, orders, options);
}

/** The upgrades of these targets that no host may have yet end; returns their ids. */
export function endUnoffered(sql: Sql, targets: readonly StoredTarget[], at: string): ReadonlySet<string> {
  const ids = targets.flatMap(({ upgrade }) => (upgrade === null ? [] : [upgrade]));
  const unoffered = `SELECT orders.id FROM json_each(?) CROSS JOIN orders ON orders.id = value
    WHERE ended_at IS NULL AND offered_at IS NULL`;
  const rows = sql.all(unoffered, [JSON.stringify(ids)]).map(({ id }) => String(id));
  const end = { status: 'cancelled' as const, at, failure: null, onlyUnoffered: true };
  return new Set(rows.filter((id) => endUnbegun(sql, id, end)));
}

/** Targets that wait again once their attempts are cancelled. */
export function markWithdrawn(sql: Sql, rollout: string, slugs: readonly string[]): void {
  if (slugs.length === 0) return;
  sql.run(
    `UPDATE rollout_targets SET is_withdrawn = 1
       WHERE rollout = ? AND slug IN (SELECT value FROM json_each(?))`,
    [rollout, JSON.stringify(slugs)],
  );
}

function rollBack(
  sql: Sql,
  rollout: string,
  { target, expires_at, ...options }: StepOptions & { target: StoredTarget; expires_at: string },
): PlacedOrder[] {
  const { slug: tenant, host, upgrade } = target;
  const id = options.makeId();
  sql.run('UPDATE rollout_targets SET rollback_order = ? WHERE rollout = ? AND slug = ?', [id, rollout, tenant]);
  const about = { id, tenant, host, upgrade: null, created_at: options.at, expires_at };
  // Somebody may have upgraded the tenant on its host since: that is not undone.
  const only = upgrade ?? undefined;
  return insertOrders(sql, [{ kind: 'rollback', ...about, restore_database: false, only }], options);
}

function fail(why: string): never {
  throw new Error(why);
}
