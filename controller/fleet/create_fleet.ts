// Carries out what is asked of the fleet: stores it first, delivers it then, and looks at what came of it.
import type { Clock } from '../../shared/os/clock.js';
import { AppError } from '../../shared/errors.js';
import type { PlanBody, RollbackBody, Upgrade } from '../../shared/wire/api.js';
import type { RemoteRequest } from '../../shared/model/request.js';
import type { OrderRow, UpgradeRow } from '../store/rows.js';
import { unknownTenant } from '../store/sqlite/hosts.js';
import type { Key, NewOrder, Placed } from '../store/sqlite/orders.js';
import type { Store } from '../store/sqlite/open_store.js';
import type { Delivery } from './deliver.js';
import type { Fleet } from './fleet.js';
import type { Notifier } from '../bus/notifier.js';
import type { AgentConnections } from './agent_connections.js';
import { followStream, readStream } from './read_stream.js';
import { createViews } from './views.js';
import { fromErrorBody } from '../../shared/model/error_body.js';

/** So long a host has for its answer to a rollback or a cancel, while the operator waits. */
const answerMs = 30_000;
/** A rollback is meant for now. */
const rollbackWithinMs = 60_000;
/** A cancel stands until it is answered. */
const farAhead = '9999-12-31T23:59:59.999Z';

export interface FleetOptions {
  store: Store;
  post: AgentConnections;
  delivery: Delivery;
  notices: Notifier;
  clock: Clock;
  makeId: () => string;
}

export function createFleet({ store, post, delivery, notices, clock, makeId }: FleetOptions): Fleet {
  const views = createViews({ store, post });

  function requireUpgrade(id: string): UpgradeRow {
    const row = store.upgrades.find(id);
    if (row !== null) return row;
    throw new AppError('unknown-upgrade', `there is no upgrade ${id}`, { hint: '`drover upgrades` lists them.' });
  }

  function requireConnected(host: string, what: string): void {
    if (post.isConnected(host)) return;
    const seen = store.hosts.find(host)?.seen_at ?? 'never';
    throw new AppError('offline', `${host} is offline (last seen ${seen}), and ${what}`, {
      hint: `See to the agent there: \`systemctl status drover-agent\`; \`drover hosts\` shows when it is back.`,
    });
  }

  /** Stores the order and offers it, unless its key was given before. */
  async function place(order: NewOrder, key: Key | null): Promise<Placed> {
    // Said to be offered already: it is as soon as it is stored, or as soon as its host comes.
    const placed = await store.orders.add(order, { key, isOffered: (host) => post.isConnected(host) });
    if (!placed.isNew) return placed;
    const { host, isOffered } = placed;
    if (isOffered) delivery.send({ ...order, host });
    // It came while the order was being stored.
    else if (post.isConnected(host)) await delivery.offerAll(host);
    return placed;
  }

  async function placeRollback(slug: string, body: RollbackBody, key: Key | null): Promise<string> {
    const host = requireKnown(slug, store.hosts.findHostOf(slug));
    requireConnected(host, 'a rollback is not left for later');
    const at = now();
    const order = { id: makeId(), kind: 'rollback' as const, tenant: slug, host, request: body, upgrade: null };
    const expires_at = new Date(at.getTime() + rollbackWithinMs).toISOString();
    return (await place({ ...order, created_at: at.toISOString(), expires_at }, key)).id;
  }

  /** The order once the host has answered it. Throws what it answered, or AppError `unreachable` when it takes too long. */
  async function awaitAnswer(id: string): Promise<OrderRow> {
    const bell = notices.subscribe(id);
    const limit = AbortSignal.timeout(answerMs);
    try {
      for (;;) {
        const order = store.orders.find(id);
        if (order === null) throw new AppError('internal', `the order ${id} is gone`);
        if (order.ended_at !== null) {
          if (order.error !== null) throw fromErrorBody(order.error);
          return order;
        }
        await bell.next(limit);
      }
    } catch (error) {
      if (!limit.aborted || error instanceof AppError) throw error;
      throw new AppError('unreachable', `the host has not answered within ${answerMs / 1000} s`, {
        hint: 'It may answer yet: `drover upgrades` shows what came of it.',
      });
    } finally {
      bell.close();
    }
  }

  const view = (id: string): Upgrade => views.upgrade(requireUpgrade(id));
  const now = () => clock.now();

  return {
    async listTenants(query) {
      const { items, next } = store.hosts.listTenants(query);
      return { items: items.map((row) => views.tenant(row)), next };
    },
    findTenant: async (slug) => views.tenant(requireKnown(slug, store.hosts.findTenant(slug))),
    async listHosts(query) {
      const { items, next } = store.hosts.list(query);
      return { items: items.map((row) => views.host(row)), next };
    },
    async findHost(host) {
      const row = store.hosts.find(host);
      if (row !== null) return views.host(row);
      throw new AppError('unknown-host', `no host ${host} has ever connected`, { hint: '`drover hosts` lists them.' });
    },

    async plan(slug, body, signal) {
      const host = requireKnown(slug, store.hosts.findHostOf(slug));
      requireConnected(host, 'only its agent can make a plan');
      const request = { type: 'plan', request_id: makeId(), tenant: slug, request: requestOf(body) } as const;
      const answer = await post.request(host, request, signal);
      if (answer.error !== null) throw fromErrorBody(answer.error);
      if (answer.type === 'plan_result' && answer.plan !== null) return answer.plan;
      throw new AppError('protocol', `${host} answered with something else than a plan`);
    },

    async upgrade(slug, body, key) {
      const at = now();
      const order = {
        id: makeId(),
        kind: 'upgrade' as const,
        tenant: slug,
        host: null,
        request: requestOf(body),
        upgrade: null,
        created_at: at.toISOString(),
        expires_at: new Date(at.getTime() + body.start_within_s * 1000).toISOString(),
      };
      const placed = await place(order, keyOf(key, ['upgrade', slug, body]));
      return placed.isNew ? views.newUpgrade({ ...order, host: placed.host }) : view(placed.id);
    },

    async rollback(slug, body, key) {
      const given = keyOf(key, ['rollback', slug, body]);
      // One that was stored is waited for, wherever its host is by now.
      const before = given === null ? null : store.orders.findKeyed(given);
      const { upgrade } = await awaitAnswer(before ?? (await placeRollback(slug, body, given)));
      if (upgrade === null)
        throw new AppError('protocol', `the host of ${slug} did not say which upgrade it turns back`);
      return view(upgrade);
    },

    async cancel(id, body) {
      const { tenant, host, status, over } = requireUpgrade(id);
      if (over === 1) {
        throw new AppError('nothing-to-do', `the upgrade ${id} of ${tenant} has ended already (${status})`);
      }
      const at = now().toISOString();
      const isUnoffered = store.orders.find(id)?.offered_at === null;
      if (isUnoffered && (await store.orders.endUnbegun(id, { status: 'cancelled', at, failure: null }))) {
        notices.notify(id);
        return view(id);
      }
      const order = { id: makeId(), kind: 'cancel' as const, tenant, host, request: body, upgrade: id };
      await place({ ...order, created_at: at, expires_at: farAhead }, null);
      if (post.isConnected(host)) {
        await awaitAnswer(order.id).catch((error: unknown) => {
          // Its first answer may have been lost, and it was asked again when the cancel had taken effect.
          if (requireUpgrade(id).status !== 'cancelled') throw error;
        });
      }
      return view(id);
    },

    async listUpgrades(query) {
      const { items, next } = store.upgrades.list(query);
      return { items: items.map((row) => views.summary(row)), next };
    },
    findUpgrade: async (id) => view(id),

    async waitForUpgrade(id, signal) {
      const bell = notices.subscribe(id);
      try {
        while (requireUpgrade(id).over === 0 && !signal.aborted) await bell.next(signal).catch(() => undefined);
        return view(id);
      } finally {
        bell.close();
      }
    },
    followStream(id, after, signal) {
      requireUpgrade(id);
      return followStream({ store, notices }, { id, after, signal });
    },
    readStream(id, after) {
      requireUpgrade(id);
      return readStream(store, { id, after });
    },
  };
}

/** What of a body is for the host. */
function requestOf({ version, force, allow_downgrade, commit }: PlanBody): RemoteRequest {
  return { version, force, allow_downgrade, commit };
}

function keyOf(key: string | undefined, request: readonly unknown[]): Key | null {
  return key === undefined ? null : { key, fingerprint: JSON.stringify(request) };
}

function requireKnown<T>(slug: string, found: T | null): T {
  if (found !== null) return found;
  throw unknownTenant(slug);
}
