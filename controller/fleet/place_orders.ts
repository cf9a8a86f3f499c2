// Places orders: stores each one, then offers it to its host, then waits for the host's answer.
import type { Clock } from '../../shared/os/clock.js';
import type { Notifier } from '../../shared/os/notifier.js';
import { AppError } from '../../shared/errors.js';
import { fromErrorBody } from '../../shared/model/error_body.js';
import type { RemoteRequest } from '../../shared/model/request.js';
import type { CancelBody, PlanBody, RollbackBody, UpgradeBody } from '../../shared/wire/api.js';
import type { NewOrder, Order } from '../store/order.js';
import type { Key, Placed, Store } from '../store/port.js';
import { unknownTenant } from '../store/unknown_tenant.js';
import type { AgentConnections } from './agent_connections.js';
import type { Delivery } from './deliver.js';

/** How long an operator's rollback or cancel waits for the host's answer. */
const answerMs = 30_000;
/** A rollback expires soon: the operator wants it now or not at all. */
const rollbackWithinMs = 60_000;
/** A cancel does not expire. */
const noExpiry = '9999-12-31T23:59:59.999Z';

export interface PlaceOrdersOptions {
  store: Store;
  connections: AgentConnections;
  delivery: Delivery;
  notifier: Notifier;
  clock: Clock;
  makeId: () => string;
}

/** A new order as it is stored, or the id of the older order with the same key. */
export type PlacedUpgrade = { isNew: true; order: NewOrder & { host: string } } | { isNew: false; id: string };

/** The orders of operators. Each method resolves after the order is durable. */
export interface PlaceOrders {
  /** Throws AppError `unknown-tenant`, `busy`, `key-reused`. */
  upgrade(slug: string, body: UpgradeBody, key: string | undefined): Promise<PlacedUpgrade>;
  /** Resolves with the id of the upgrade that the host rolls back. Throws AppError `offline`, or the host's error. */
  rollback(slug: string, body: RollbackBody, key: string | undefined): Promise<string>;
  /** Cancels an upgrade that has not ended. Throws the AppError that its host answered. */
  cancel(upgrade: { id: string; tenant: string; host: string }, body: CancelBody): Promise<void>;
  /** Throws AppError `offline` unless the host is connected; `why` completes the message. */
  requireConnected(host: string, why: string): Promise<void>;
}

/** Orders over this store and these connections. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createPlaceOrders(options: PlaceOrdersOptions): PlaceOrders {
  const { store, connections, delivery, notifier, clock, makeId } = options;

  /** Stores the order and offers it, unless an older order has its key. */
  async function place(order: NewOrder, key: Key | null): Promise<Placed> {
    // A connected host gets the order right after the commit, so the transaction already marks it as offered.
    const placed = await store.orders.add(order, { key, isOffered: (host) => connections.isConnected(host) });
    if (!placed.isNew) return placed;
    const { host, isOffered } = placed;
    if (isOffered) delivery.send(host, order);
    // The host connected during the commit.
    else if (connections.isConnected(host)) await delivery.offerAll(host);
    return placed;
  }

  async function requireConnected(host: string, why: string): Promise<void> {
    if (connections.isConnected(host)) return;
    const seen = (await store.hosts.find(host))?.seen_at ?? 'never';
    throw new AppError('offline', `${host} is offline (last seen ${seen}), and ${why}`, {
      hint: 'Check the agent there: `systemctl status drover-agent`; `drover hosts` shows when it is connected again.',
    });
  }

  async function placeRollback(slug: string, body: RollbackBody, key: Key | null): Promise<string> {
    const host = await store.hosts.findHostOf(slug);
    if (host === null) throw unknownTenant(slug);
    await requireConnected(host, 'a rollback starts now or not at all');
    const times = timesOf(clock.now(), rollbackWithinMs);
    const about = { id: makeId(), tenant: slug, host, upgrade: null };
    return (await place({ kind: 'rollback', ...about, ...body, ...times }, key)).id;
  }

  const awaitAnswer = (id: string) => waitForAnswer({ store, notifier }, id);

  return {
    requireConnected,
    async upgrade(slug, body, key) {
      const id = makeId();
      const times = timesOf(clock.now(), body.start_within_s * 1000);
      const about = { id, tenant: slug, host: null, upgrade: id, request: requestOf(body) };
      const order: NewOrder = { kind: 'upgrade', ...about, ...times };
      const placed = await place(order, keyOf(key, ['upgrade', slug, body]));
      return placed.isNew ? { isNew: true, order: { ...order, host: placed.host } } : placed;
    },
    async rollback(slug, body, key) {
      const given = keyOf(key, ['rollback', slug, body]);
      // A repeated request waits for the stored order, even when the host is offline now.
      const before = given === null ? null : await store.orders.findKeyed(given);
      const { upgrade } = await awaitAnswer(before ?? (await placeRollback(slug, body, given)));
      if (upgrade !== null) return upgrade;
      throw new AppError('protocol', `the host of ${slug} answered a rollback without the id of an upgrade`);
    },
    async cancel({ id, tenant, host }, { force }) {
      const at = clock.now().toISOString();
      const end = { status: 'cancelled' as const, at, failure: null, onlyUnoffered: true };
      if (await store.orders.endUnbegun(id, end)) return notifier.notify(id);
      const about = { id: makeId(), tenant, host, upgrade: id, force };
      const { id: order } = await place({ kind: 'cancel', ...about, created_at: at, expires_at: noExpiry }, null);
      if (!connections.isConnected(host)) return;
      await awaitAnswer(order).catch(async (error: unknown) => {
        // The first answer may be lost. The repeated cancel then fails because the upgrade is already cancelled.
        if ((await store.upgrades.find(id))?.status !== 'cancelled') throw error;
      });
    },
  };
}

/** Resolves with the order when its host has answered. Throws the host's error, or AppError `unreachable`. */
async function waitForAnswer(
  { store, notifier }: Pick<PlaceOrdersOptions, 'store' | 'notifier'>,
  id: string,
): Promise<Order> {
  const subscription = notifier.subscribe(id);
  const limit = AbortSignal.timeout(answerMs);
  try {
    for (;;) {
      const order = await store.orders.find(id);
      if (order === null) throw new AppError('internal', `the store has no order ${id}`);
      if (order.ended_at !== null) {
        if (order.error !== null) throw fromErrorBody(order.error);
        return order;
      }
      await subscription.next({ signal: limit });
    }
  } catch (error) {
    if (!limit.aborted || error instanceof AppError) throw error;
    throw new AppError('unreachable', `the host has not answered within ${answerMs / 1000} s`, {
      hint: 'It may still answer: `drover upgrades` shows the outcome.',
    });
  } finally {
    subscription.close();
  }
}

function timesOf(now: Date, withinMs: number): { created_at: string; expires_at: string } {
  return { created_at: now.toISOString(), expires_at: new Date(now.getTime() + withinMs).toISOString() };
}

/** The part of a body that goes to the host. */
export function requestOf({ version, force, allow_downgrade, commit }: PlanBody): RemoteRequest {
  return { version, force, allow_downgrade, commit };
}

function keyOf(key: string | undefined, request: readonly unknown[]): Key | null {
  return key === undefined ? null : { key, fingerprint: JSON.stringify(request) };
}
