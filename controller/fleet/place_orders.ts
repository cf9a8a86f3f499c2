// Places orders: stores each one, then offers it to its host, then waits for the host's answer.
import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/os/clock.js';
import type { Notifier } from '../../shared/os/notifier.js';
import { AppError } from '../../shared/errors.js';
import { fromErrorBody } from '../../shared/model/error_body.js';
import type { Mark } from '../../shared/model/mark.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import type { CancelBody, PlanBody, ResumeBody, RollbackBody, UpgradeBody } from '../../shared/wire/api.js';
import type { NewOrder, Order } from '../store/order.js';
import type { FleetAsker } from './fleet.js';
import type { Key } from '../store/access.js';
import type { Placed, SeenStore, Store } from '../store/port.js';
import { unknownTenant } from '../store/unknown.js';
import type { AgentConnections } from './agent_connections.js';
import type { Delivery } from './deliver.js';
import { absentHost } from './host_state.js';

/** How long an operator's rollback or cancel waits for the host's answer. */
const answerMs = 30_000;
/** What an ended upgrade or a record is asked for expires soon: the operator wants it now or not at all. */
const nowWithinMs = 60_000;
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

/** Who asks for orders, and what they see. */
export interface Asking extends FleetAsker {
  seen: SeenStore;
}

/** A new order as it is stored, or the id of the older order with the same key. */
export type PlacedUpgrade =
  /** With the tenant's version, as its host last reported it. */
  { isNew: true; order: NewOrder & { host: string }; version: string | null } | { isNew: false; id: string };

/** The orders of operators. Each method resolves after the order is durable. */
export interface PlaceOrders {
  /** Throws AppError `unknown-tenant`, `busy`, `key-reused`, or `offline` where the key of its host is refused. */
  upgrade(slug: string, body: UpgradeBody, key: string | undefined): Promise<PlacedUpgrade>;
  /** Resolves with the id of the upgrade that the host rolls back. Throws AppError `offline`, or the host's error. */
  rollback(slug: string, body: RollbackBody, key: string | undefined): Promise<string>;
  /** The same of the upgrade that needs an operator. */
  resume(slug: string, body: ResumeBody, key: string | undefined): Promise<string>;
  /** Resolves when the host has marked the hooks; otherwise as `rollback`. */
  mark(slug: string, mark: Mark, key: string | undefined): Promise<void>;
  /** Cancels an upgrade that has not ended. Throws the AppError that its host answered. */
  cancel(upgrade: { id: string; tenant: string; host: string }, body: CancelBody): Promise<void>;
  /** The host of a tenant. Throws AppError `unknown-tenant`. */
  requireHostOf(slug: string): Promise<string>;
  /** Throws AppError `offline` unless the host is connected; `why` completes the message. */
  requireConnected(host: string, why: string): Promise<void>;
}

/** Orders of one asker over this store and these connections. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createPlaceOrders(options: PlaceOrdersOptions, { scope, actor, seen }: Asking): PlaceOrders {
  const { store, connections, delivery, notifier, clock, makeId } = options;

  /** Stores the order and offers it, unless an older order has its key. */
  async function place(given: NewOrder, key: Key | null): Promise<Placed> {
    const order = key === null || given.kind === 'cancel' ? given : { ...given, key_hash: hashOf(key) };
    // A connected host gets the order right after the commit, so the transaction already marks it as offered.
    const placed = await store.orders.add(order, { key, actor, isOffered: (host) => connections.isConnected(host) });
    if (!placed.isNew) return placed;
    const { host, isOffered } = placed;
    if (isOffered) delivery.send([{ host, order }]);
    // The host connected during the commit.
    else if (connections.isConnected(host)) await delivery.offerAll(host);
    return placed;
  }

  async function requireConnected(host: string, why: string): Promise<void> {
    if (connections.isConnected(host)) return;
    const stored = await store.hosts.find(host);
    throw absentHost(stored ?? { host, host_key: null, connected_at: null, seen_at: null }, why);
  }

  /** Throws AppError `unknown-tenant` also for a tenant that the asker does not see. */
  async function requireHostOf(slug: string): Promise<string> {
    const host = await seen.hosts.findHostOf(slug);
    if (host === null) throw unknownTenant(slug);
    return host;
  }

  const keyOf = (key: string | undefined, request: readonly unknown[]): Key | null =>
    key === undefined ? null : { owner: actor.token ?? '', key, fingerprint: JSON.stringify(request) };
  const awaitAnswer = (id: string) => waitForAnswer({ store, notifier }, id);

  /** Places an order that the host must take now, and returns it once the host has answered. */
  async function placeNow(slug: string, { kind, make, key }: OrderNow): Promise<Order> {
    const host = await requireHostOf(slug);
    // A repeated request waits for the stored order, even when the host is offline now.
    const before = key === null ? null : await store.orders.findKeyed(key);
    if (before !== null) return awaitAnswer(before);
    await requireConnected(host, `a ${kind} starts now or not at all`);
    const order = make({ id: makeId(), tenant: slug, host, upgrade: null, ...timesOf(clock.now(), nowWithinMs) });
    return awaitAnswer((await place(order, key)).id);
  }

  /** The same of an order that is answered with the id of an upgrade. */
  async function continueUpgrade(slug: string, order: OrderNow): Promise<string> {
    const { upgrade } = await placeNow(slug, order);
    if (upgrade !== null) return upgrade;
    throw new AppError('protocol', `the host of ${slug} answered a ${order.kind} without the id of an upgrade`);
  }

  return {
    requireConnected,
    requireHostOf,
    async upgrade(slug, body, key) {
      // The transaction refuses a tenant that there is not; whom it is hidden from it does not know.
      if (scope !== null) await requireHostOf(slug);
      const id = makeId();
      const times = timesOf(clock.now(), body.start_within_s * 1000);
      const about = { id, tenant: slug, host: null, upgrade: id, request: requestOf(body) };
      const order: NewOrder = { kind: 'upgrade', ...about, ...times };
      const placed = await place(order, keyOf(key, ['upgrade', slug, body]));
      if (!placed.isNew) return placed;
      return { isNew: true, order: { ...order, host: placed.host }, version: placed.version };
    },
    rollback(slug, body, key) {
      const make = (about: AboutOrder): NewOrder => ({ kind: 'rollback', ...about, ...body });
      return continueUpgrade(slug, { kind: 'rollback', make, key: keyOf(key, ['rollback', slug, body]) });
    },
    resume(slug, body, key) {
      const make = (about: AboutOrder): NewOrder => ({ kind: 'resume', ...about, ...body });
      return continueUpgrade(slug, { kind: 'resume', make, key: keyOf(key, ['resume', slug, body]) });
    },
    async mark(slug, mark, key) {
      const make = (about: AboutOrder): NewOrder => ({ kind: 'mark', ...about, mark });
      await placeNow(slug, { kind: 'mark', make, key: keyOf(key, ['mark', slug, mark]) });
    },
    async cancel({ id, tenant, host }, { force }) {
      const at = clock.now().toISOString();
      const end = { status: 'cancelled' as const, at, failure: null, onlyUnoffered: true, actor };
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

type AboutOrder = Pick<NewOrder, 'id' | 'tenant' | 'host' | 'created_at' | 'expires_at'> & { upgrade: null };

interface OrderNow {
  kind: 'rollback' | 'resume' | 'mark';
  make: (about: AboutOrder) => NewOrder;
  key: Key | null;
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
export function requestOf({ version, force, allow_downgrade, from, commit }: PlanBody): UpgradeRequest {
  return { version, force, allow_downgrade, from, commit };
}

/** What the host knows the key by: the key itself, and whose it is, stay here. */
function hashOf({ owner, key }: Key): string {
  return createHash('sha256')
    .update(JSON.stringify([owner, key]))
    .digest('hex');
}
