// Webhooks as the store keeps them: endpoints, and the deliveries that are owed to each. A port beside `port.ts`.
import type { WebhookEventKind } from '../../shared/model/webhook_events.js';
import type { Page } from '../../shared/wire/api.js';
import type { WebhookDeliveriesQuery, WebhookDeliveryState } from '../../shared/wire/webhooks_api.js';
import type { AuditEntry } from './access.js';

export interface NewWebhook {
  id: string;
  name: string;
  url: string;
  /** It signs, so the store has it as it is. */
  secret: string;
  events: readonly WebhookEventKind[];
  /** A selection by what admins decide; null for every event. */
  scope: string | null;
  /** ISO 8601, as are all times. */
  created_at: string;
  created_by: string | null;
}

export interface StoredWebhook extends Omit<NewWebhook, 'secret' | 'events'> {
  events: WebhookEventKind[];
  /** The number of its latest event. */
  sequence: number;
  waiting: number;
  failed: number;
  /** Until when the secret before this one signs too, which may be over; null where there was none. */
  old_secret_until: string | null;
  /** Why the first delivery that waits was not taken, at its last attempt; or null. */
  problem: string | null;
}

/** The secret before another one, which signs until then. */
export interface OldSecret {
  secret: string;
  until: string;
}

/** An event for one endpoint. */
export interface StoredDelivery {
  sequence: number;
  /** Of the event. */
  id: string;
  kind: string;
  tenant: string | null;
  host: string | null;
  at: string;
  state: WebhookDeliveryState;
  attempts: number;
  attempted_at: string | null;
  status: number | null;
  error: string | null;
  next_at: string | null;
}

/** The first delivery that waits, with all that an attempt needs. */
export interface DueDelivery {
  url: string;
  secret: string;
  /** Some of them may be over. */
  old_secrets: OldSecret[];
  sequence: number;
  id: string;
  kind: string;
  at: string;
  /** JSON. */
  data: string;
  attempts: number;
  next_at: string;
  /** An attempt that fails after that is the last one. */
  until: string;
}

/** How an attempt ended. */
export interface Attempt {
  webhook: string;
  sequence: number;
  /** How many there were before it: what was decided anew since then stays. */
  attempts: number;
  at: string;
  status: number | null;
  error: string | null;
  /** `next_at` where it waits for another attempt. */
  outcome: { state: 'delivered' | 'failed' } | { state: 'waiting'; next_at: string };
}

export interface WebhookStore {
  /** Throws AppError `busy` where another has the name, `too-many` over the limit. */
  add(webhook: NewWebhook, audit: AuditEntry): Promise<void>;
  /** All of them, by name. */
  list(): Promise<StoredWebhook[]>;
  find(name: string): Promise<StoredWebhook | null>;
  /** Replaces its secret, which signs until `until` nevertheless. Throws AppError `not-found`; `too-many` over the limit. */
  rotate(name: string, next: { secret: string; until: string }, audit: AuditEntry): Promise<StoredWebhook>;
  /** With its deliveries. Throws AppError `not-found`. Returns its id. */
  remove(name: string, audit: AuditEntry): Promise<string>;
  /** Adds the event `webhook.test`, due at once, as is what waits before it. Throws AppError `not-found`. */
  addTest(name: string, test: { until: string }, audit: AuditEntry): Promise<StoredDelivery>;
  /** Makes a delivery due at once, with its old id and number. Throws AppError `not-found`. */
  redeliver(name: string, delivery: { sequence: number; until: string }, audit: AuditEntry): Promise<StoredDelivery>;
  /** The latest first; the cursor is the number of the last one shown. Throws AppError `not-found`. */
  listDeliveries(name: string, query: WebhookDeliveriesQuery): Promise<Page<StoredDelivery>>;
  /** The first delivery of an endpoint that waits, or null. */
  findFirst(id: string): Promise<DueDelivery | null>;
  /** Stores the end of an attempt. Changes nothing where the delivery was removed or asked for anew meanwhile. */
  noteAttempt(attempt: Attempt): Promise<void>;
  /** Removes at most `limit` deliveries that ended before `before`. Returns how many. */
  prune(before: string, limit: number): Promise<number>;
}

/** Which hosts webhooks were told of as connected. */
export interface OnlineHosts {
  listOnline(): Promise<string[]>;
  /** Webhooks are told that a host is connected, unless they know; that it is offline. Both may be called again. */
  noteConnected(host: string, at: string): Promise<void>;
  noteOffline(host: string, at: string): Promise<void>;
}
