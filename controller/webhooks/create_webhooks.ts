// Webhooks: what people do with them, and one sender for each.
import { isIP } from 'node:net';
import type { Notifier } from '../../shared/os/notifier.js';
import { parseScope } from '../../shared/selection/parse_selection.js';
import type { WebhookEventKind } from '../../shared/model/webhook_events.js';
import type { Page } from '../../shared/wire/api.js';
import type {
  MadeWebhook,
  WebhookDeliveriesQuery,
  WebhookDeliveryView,
  WebhookView,
} from '../../shared/wire/webhooks_api.js';
import { controllerLimits } from '../limits.js';
import type { Actor } from '../store/access.js';
import { createAuditEntries } from '../store/audit_entry.js';
import type { StoredWebhook, WebhookStore } from '../store/webhooks.js';
import { hostOfUrl, requireAllowed } from './resolve_target.js';
import { sendDeliveries, type SenderOptions } from './send_deliveries.js';
import { makeWebhookSecret } from './sign.js';

export interface WebhookWish {
  name: string;
  url: string;
  events: readonly WebhookEventKind[];
  /** A selection, or null for every event. */
  scope: string | null;
}

export interface Webhooks {
  /**
   * Makes one and returns its secret, for the only time. Throws AppError `busy` for a name that is in use, `invalid` for
   * an address or a scope that is not allowed, `too-many`.
   */
  create(wish: WebhookWish, actor: Actor): Promise<MadeWebhook>;
  /** By name. */
  list(): Promise<WebhookView[]>;
  /** Queues an event that says nothing. Throws AppError `not-found`. */
  test(name: string, actor: Actor): Promise<WebhookDeliveryView>;
  /**
   * Gives it another secret and returns that, for the only time; the one before signs too for a day. Throws AppError
   * `not-found`, `too-many`.
   */
  rotate(name: string, actor: Actor): Promise<MadeWebhook>;
  /** Removes it with its log. Throws AppError `not-found`. */
  remove(name: string, actor: Actor): Promise<void>;
  /** The latest first. Throws AppError `not-found`. */
  listDeliveries(name: string, query: WebhookDeliveriesQuery): Promise<Page<WebhookDeliveryView>>;
  /** Sends it now, with its old id and number. Throws AppError `not-found`. */
  redeliver(name: string, sequence: number, actor: Actor): Promise<WebhookDeliveryView>;
  /** Starts the senders of all webhooks. */
  start(): Promise<void>;
  /** Ends them; resolves when they have ended. */
  close(): Promise<void>;
}

export interface WebhooksOptions extends Omit<SenderOptions, 'store'> {
  store: WebhookStore;
  /** Notified by the store of each webhook that something may be due for. */
  notifier: Pick<Notifier, 'subscribe'>;
  makeId: () => string;
  randomBytes: (bytes: number) => Buffer;
}

/** Sends nothing before `start`. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createWebhooks(options: WebhooksOptions): Webhooks {
  const { store, notifier, clock, rules, makeId, randomBytes } = options;
  const senders = new Map<string, Sender>();
  let isStarted = false;
  const entryOf = createAuditEntries(clock);
  const inFuture = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
  const findUntil = () => inFuture(controllerLimits.webhookTrial.max);

  function view({ id: _id, old_secret_until: until, ...webhook }: StoredWebhook): WebhookView {
    return { ...webhook, old_secret_until: until !== null && until > clock.now().toISOString() ? until : null };
  }

  function startSender(id: string): void {
    if (!isStarted) return;
    const [queued, ending] = [notifier.subscribe(id), new AbortController()];
    const ended = sendDeliveries(id, options, { queued, signal: ending.signal }).finally(() => queued.close());
    senders.set(id, { ending, ended });
  }

  async function endSender(id: string): Promise<void> {
    const sender = senders.get(id);
    senders.delete(id);
    sender?.ending.abort(new Error('the webhook ends'));
    await sender?.ended;
  }

  return {
    async create({ name, url, events, scope }, actor) {
      if (scope !== null) parseScope(scope);
      const target = new URL(url);
      // A name is looked up for each delivery; an address is known now.
      if (isIP(hostOfUrl(target)) !== 0) requireAllowed(target, hostOfUrl(target), rules);
      const secret = makeWebhookSecret(randomBytes);
      const created_at = clock.now().toISOString();
      const made = { id: makeId(), name, url, events: [...new Set(events)], scope, created_at, created_by: actor.name };
      await store.add({ ...made, secret }, entryOf(actor, 'webhooks.create', { target: name }));
      startSender(made.id);
      return {
        ...view({ ...made, sequence: 0, waiting: 0, failed: 0, old_secret_until: null, problem: null }),
        secret,
      };
    },
    list: async () => (await store.list()).map(view),
    test: (name, actor) =>
      store.addTest(name, { until: findUntil() }, entryOf(actor, 'webhooks.test', { target: name })),
    async rotate(name, actor) {
      const secret = makeWebhookSecret(randomBytes);
      const until = inFuture(controllerLimits.oldSecretAge.max);
      const entry = entryOf(actor, 'webhooks.rotate', { target: name });
      return { ...view(await store.rotate(name, { secret, until }, entry)), secret };
    },
    async remove(name, actor) {
      await endSender(await store.remove(name, entryOf(actor, 'webhooks.remove', { target: name })));
    },
    listDeliveries: (name, query) => store.listDeliveries(name, query),
    redeliver: (name, sequence, actor) =>
      store.redeliver(
        name,
        { sequence, until: findUntil() },
        entryOf(actor, 'webhooks.redeliver', { target: `${name} ${sequence}` }),
      ),
    async start() {
      isStarted = true;
      for (const { id } of await store.list()) startSender(id);
    },
    async close() {
      isStarted = false;
      await Promise.all([...senders.keys()].map(endSender));
    },
  };
}

interface Sender {
  ending: AbortController;
  ended: Promise<void>;
}
