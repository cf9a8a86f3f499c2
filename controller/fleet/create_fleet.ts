// The fleet over a store and the agents' connections: turns requests into orders, and stored rows into views.
import type { Notifier } from '../../shared/os/notifier.js';
import { AppError } from '../../shared/errors.js';
import { parseSelection } from '../../shared/selection/parse_selection.js';
import { fromErrorBody } from '../../shared/model/error_body.js';
import type { Tenant, Upgrade } from '../../shared/wire/api.js';
import type { StoredUpgrade } from '../store/stored.js';
import { unknownHost, unknownTenant } from '../store/unknown.js';
import type { Fleet, FleetFor } from './fleet.js';
import { createChangeSlugs } from './change_slugs.js';
import { createPlaceOrders, requestOf, type Asking, type PlaceOrdersOptions } from './place_orders.js';
import { followStream, readStream } from './read_stream.js';
import { createViews } from './views.js';

/** How long the two events of an accepted tenant may lie apart. */
const acceptMs = 10_000;

export type FleetOptions = PlaceOrdersOptions;

/** The fleet as each asker sees it. Keeps no state in memory: all of it is in `store`. */
export function createFleet(options: FleetOptions): FleetFor {
  return (asker) => createFleetOf(options, { ...asker, seen: options.store.seenBy(asker.scope) });
}

// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
function createFleetOf(options: FleetOptions, asking: Asking): Fleet {
  const { store, connections, notifier, clock, makeId } = options;
  const { seen } = asking;
  const views = createViews({ seen, connections });
  const orders = createPlaceOrders(options, asking);
  const slugs = createChangeSlugs({ slugs: store.slugs, clock }, asking);

  /** The upgrade that its host had before in place of the one of this order; null without such an answer. */
  async function findKnown(id: string): Promise<StoredUpgrade | null> {
    const order = await store.orders.find(id);
    return order?.kind === 'upgrade' && order.upgrade !== id ? seen.upgrades.find(order.upgrade) : null;
  }

  /** One that a host has just named, once something of it is stored; after some seconds as it is. */
  async function viewNamed(id: string): Promise<Upgrade> {
    const signal = AbortSignal.timeout(acceptMs);
    await waitUntil(notifier, { id, signal }, async () => (await seen.upgrades.find(id)) !== null);
    return view(id);
  }

  async function requireUpgrade(id: string): Promise<StoredUpgrade> {
    const upgrade = (await seen.upgrades.find(id)) ?? (await findKnown(id));
    if (upgrade !== null) return upgrade;
    throw new AppError('unknown-upgrade', `there is no upgrade ${id}`, { hint: '`drover upgrades` lists them.' });
  }

  async function waitForUpgrade(id: string, signal: AbortSignal): Promise<Upgrade> {
    let found = await requireUpgrade(id);
    const look = async () => {
      found = await requireUpgrade(id);
      return found.isOver || found.id !== id;
    };
    await waitUntil(notifier, { id, signal }, look);
    // The host had it before, as another upgrade.
    return found.id === id ? view(id) : waitForUpgrade(found.id, signal);
  }

  const view = async (id: string) => views.upgrade(await requireUpgrade(id));

  async function findTenant(slug: string): Promise<Tenant> {
    const tenant = await seen.hosts.findTenant(slug);
    if (tenant === null) throw unknownTenant(slug);
    return views.tenant(tenant);
  }

  return {
    async listTenants(query) {
      const { where, ...page } = query;
      const selected = where === undefined ? null : parseSelection(where);
      const { items, next } = await seen.hosts.listTenants({ ...page, where: selected });
      return { items: items.map(views.tenant), next };
    },
    findTenant,
    async listVersions(slug, query) {
      await orders.requireHostOf(slug);
      const { items, next } = await seen.hosts.listVersions(slug, query);
      return { items: items.map(({ no: _no, ...version }) => version), next };
    },
    async moveTenant(slug, host) {
      await slugs.move(slug, host);
      return findTenant(slug);
    },
    async labelTenant(slug, labels) {
      await slugs.label(slug, labels);
      return findTenant(slug);
    },
    forgetTenant: (slug) => slugs.forget(slug),
    async listHosts(query) {
      const { items, next } = await seen.hosts.list(query);
      return { items: items.map(views.host), next };
    },
    async findHost(host) {
      const found = await seen.hosts.find(host);
      if (found !== null) return views.host(found);
      throw unknownHost(host);
    },

    async plan(slug, body, signal) {
      const host = await orders.requireHostOf(slug);
      await orders.requireConnected(host, 'only its agent can make a plan');
      const request = { type: 'plan', request_id: makeId(), tenant: slug, request: requestOf(body) } as const;
      const answer = await connections.request(host, request, signal);
      if (answer.error !== null) throw fromErrorBody(answer.error);
      if (answer.type === 'plan_result' && answer.plan !== null) return answer.plan;
      throw new AppError('protocol', `${host} answered a plan request without a plan`);
    },
    async upgrade(slug, body, key) {
      const placed = await orders.upgrade(slug, body, key);
      return placed.isNew ? views.newUpgrade(placed.order, placed.version) : view(placed.id);
    },
    rollback: async (slug, body, key) => viewNamed(await orders.rollback(slug, body, key)),
    async resume(slug, body, key) {
      const id = await orders.resume(slug, body, key);
      // The end of the hold follows the event that answers the order.
      const signal = AbortSignal.timeout(acceptMs);
      const isAccepted = async () => !body.accept || (await store.upgrades.find(id))?.needs_operator === false;
      await waitUntil(notifier, { id, signal }, isAccepted);
      return viewNamed(id);
    },
    mark: (slug, mark, key) => orders.mark(slug, mark, key),
    async cancel(id, body) {
      await orders.cancel(await requireUpgrade(id), body);
      return view(id);
    },

    async listHookRuns(slug, query) {
      await orders.requireHostOf(slug);
      return seen.upgrades.listHookRuns(slug, query);
    },

    async listUpgrades(query) {
      const { items, next } = await seen.upgrades.list(query);
      return { items: items.map(views.summary), next };
    },
    findUpgrade: view,
    waitForUpgrade,
    async *followStream(id, after, signal) {
      const first = await requireUpgrade(id);
      yield* followStream({ seen, notifier }, { id: first.id, after, signal });
      // The host had it before, as another upgrade.
      const known = await requireUpgrade(id);
      if (known.id !== first.id) yield* followStream({ seen, notifier }, { id: known.id, after: 0, signal });
    },
    async *readStream(id, after) {
      yield* readStream(seen, { id: (await requireUpgrade(id)).id, after });
    },
  };
}

/** Returns when `isTrue` resolves to true or the signal aborts. It checks again at each notification about `id`. */
async function waitUntil(
  notifier: Notifier,
  { id, signal }: { id: string; signal: AbortSignal },
  isTrue: () => Promise<boolean>,
): Promise<void> {
  const subscription = notifier.subscribe(id);
  try {
    while (!signal.aborted && !(await isTrue())) await subscription.next({ signal }).catch(() => undefined);
  } finally {
    subscription.close();
  }
}
