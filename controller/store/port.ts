// The store: the controller's whole state. An asynchronous port with one adapter per database: `sqlite/`.
// A write resolves when it is durable. It throws AppError `disk-full` or `io` when the database fails; then nothing of
// that write is stored.
import type { Page, PageQuery, UpgradesQuery } from '../../shared/wire/api.js';
import type { ErrorBody } from '../../shared/model/error_body.js';
import type { HookRun } from '../../shared/model/hook_runs.js';
import type { Report } from '../../shared/model/report/report.js';
import type { ReportChanges } from '../../shared/model/report/report_changes.js';
import type { Failure, Result, Status } from '../../shared/model/result.js';
import type { StreamItem } from '../../shared/model/journal/stream_item.js';
import type { Position } from '../../shared/wire/protocol.js';
import type { Selection } from '../../shared/selection/selection.js';
import type { AuditQuery } from '../../shared/wire/access_api.js';
import type { Actor, Key, StoredAuditEntry, TokenStore } from './access.js';
import type { JoinStore } from './joining.js';
import type { Accepted, NewOrder, Order } from './order.js';
import type { StoredHost, StoredItem, StoredTenant, StoredUpgrade, StoredVersion } from './stored.js';
import type { Counts } from './counts.js';
import type { FleetPlanStore } from './fleet_plans.js';
import type { FreezeStore } from './freezes.js';
import type { RolloutStore } from './rollouts.js';
import type { OnlineHosts, WebhookStore } from './webhooks.js';

export interface Store {
  hosts: HostStore;
  upgrades: UpgradeStore;
  orders: OrderStore;
  tokens: TokenStore;
  slugs: SlugStore;
  joins: JoinStore;
  webhooks: WebhookStore;
  rollouts: RolloutStore;
  fleetPlans: FleetPlanStore;
  freezes: FreezeStore;
  /** What an asker of this scope may see; null for everything. People read by nothing else. */
  seenBy(scope: Selection | null): SeenStore;
  /** Opens the stream of an upgrade at its stored end, after all writes that were asked for before. */
  openStream(options: StreamOptions): Promise<IncomingStream>;
  readCounts(): Promise<Counts>;
  /** The run number, by which a restored store is found; 0 for a new store. */
  readRun(): Promise<number>;
  writeRun(run: number): Promise<void>;
  /** Writes, and changes nothing. Rejects where the disk is full, or the store is closed. */
  probe(): Promise<void>;
  /** Finishes the writes that were asked for, and closes. */
  close(): Promise<void>;
}

export interface Arrival {
  host: string;
  agentVersion: string;
  protocolVersion: number;
  /** The host's clock against the controller's; positive when it is ahead. */
  clockSkewMs: number;
  /** ISO 8601. */
  at: string;
}

/** What people read. What they may not see is not there. */
export interface SeenStore {
  hosts: HostReads;
  upgrades: UpgradeReads;
  /** The latest first; the cursor is the number of the last one shown. */
  listAudit(query: AuditQuery): Promise<Page<StoredAuditEntry>>;
}

/** With a selection of tenants, or null for all. */
export interface TenantsQuery extends PageQuery {
  where?: Selection | null;
}

export interface HostReads {
  find(host: string): Promise<StoredHost | null>;
  /** In order of name; the cursor is the name of the last one shown. */
  list(query: PageQuery): Promise<Page<StoredHost>>;
  findTenant(slug: string): Promise<StoredTenant | null>;
  /** The host that has a tenant, or null. */
  findHostOf(slug: string): Promise<string | null>;
  /** In order of slug; the cursor is the slug of the last one shown. */
  listTenants(query: TenantsQuery): Promise<Page<StoredTenant>>;
  /** The versions that a tenant had, the latest first; the cursor is the number of the last one shown. */
  listVersions(slug: string, query: PageQuery): Promise<Page<StoredVersion>>;
}

/** When a slug is changed, and by whom. Each change has an entry in the audit log. */
export interface SlugChange {
  /** ISO 8601. */
  at: string;
  actor: Actor;
}

/** Labels that an admin sets, and names of those that go. */
export interface LabelChange {
  set: Readonly<Record<string, string>>;
  remove: readonly string[];
}

/** What admins do with slugs. All throw AppError `unknown-tenant`; then nothing is stored. */
export interface SlugStore {
  /**
   * Gives it to another host. Throws AppError `unknown-host`, `nothing-to-do` where that has it already, `busy` while its
   * host has an order or an upgrade of it that has not ended, and is not revoked.
   */
  move(slug: string, host: string, change: SlugChange): Promise<void>;
  /** Throws AppError `invalid` for too many labels. */
  label(slug: string, labels: LabelChange, change: SlugChange): Promise<void>;
  /** Forgets it, with its labels and its versions. Throws AppError `busy` while a host reports it, and as `move`. */
  forget(slug: string, change: SlugChange): Promise<void>;
}

export interface HostStore extends HostReads, OnlineHosts {
  /** A host has connected; it has disconnected. Both may be called again. */
  connect(arrival: Arrival): Promise<void>;
  disconnect(host: string, at: string): Promise<void>;
  /**
   * Replaces a host's report, or changes it. A slug belongs to the host that reports it first, also while that does not report it, until
   * an admin moves or forgets it. Returns the reported slugs that do not belong to this host, sorted; of
   * changes those among them. Throws AppError `protocol` for changes after which the host has too many tenants.
   */
  report(host: string, report: Report | ReportChanges, at: string): Promise<string[]>;
}

/** With a scope: upgrades of tenants in it, where they ran on a host that is seen. */
export interface UpgradeReads {
  find(id: string): Promise<StoredUpgrade | null>;
  /** The newest first; the cursor is the id of the last one shown. */
  list(query: UpgradesQuery): Promise<Page<StoredUpgrade>>;
  /** The result so far: from the stream, or from the order before there is one. Null for an unknown id. */
  readResult(id: string): Promise<Result | null>;
  /**
   * The hooks that ran for a tenant, the latest first. A page has `limit` of them or some more, for it ends with a whole
   * upgrade; the cursor is the id of that.
   */
  listHookRuns(tenant: string, query: PageQuery): Promise<Page<HookRun>>;
  /** Items of the stream after number `after`, at most `limit`. */
  readStream(id: string, place: { after: number; limit: number }): Promise<StoredItem[]>;
}

export interface UpgradeStore extends UpgradeReads {
  /**
   * Of the streams that a host announces, those that it is to send: of upgrades that have not ended, or with events
   * that are not stored. Never an upgrade of another host.
   */
  findWanted(host: string, streams: readonly { upgrade: string; events: number }[]): Promise<string[]>;
  /** Removes at most `limit` streams whose ends were received before `before` (ISO 8601). Returns how many. */
  pruneLogs(before: string, limit: number): Promise<number>;
}

export interface Placing {
  key: Key | null;
  /** Who asks. A new order has an entry in the audit log. */
  actor: Actor;
  /** Whether the order is sent right after the commit. The transaction calls it. */
  isOffered: (host: string) => boolean;
}

/** A new order, or the older order with the same key. */
export type Placed =
  /** With the tenant's version, as its host last reported it. */
  { isNew: true; id: string; host: string; version: string | null; isOffered: boolean } | { isNew: false; id: string };

/** The end of an upgrade that its host has never begun. */
export interface Unbegun {
  status: Extract<Status, 'refused' | 'cancelled'>;
  /** ISO 8601. */
  at: string;
  failure: Failure | null;
  /** End it only if it was never offered. Only the host may end an upgrade that it may have. */
  onlyUnoffered?: boolean;
  /** Who cancels it; null where nobody does. */
  actor?: Actor | null;
}

/** What a host answered, or why it never could. */
export interface OrderAnswer {
  /** ISO 8601. */
  at: string;
  upgrade: string | null;
  error: ErrorBody | null;
}

export interface OrderStore {
  find(id: string): Promise<Order | null>;
  /** The open orders of a host, the oldest first. */
  openOf(host: string): Promise<Order[]>;
  /**
   * Stores a new order; for an upgrade also its row. Throws AppError `unknown-tenant`, `busy` for a second upgrade of a
   * tenant, `offline` where its host's key is refused, `nothing-to-do` for a cancel after the end, `key-reused`; then nothing is.
   */
  add(order: NewOrder, placing: Placing): Promise<Placed>;
  /** The id of the order with this key, or null. Throws AppError `key-reused` if the request was another one. */
  findKeyed(key: Key): Promise<string | null>;
  /**
   * Marks the open orders of a host as offered, and returns them, the oldest first; not those that expired before. The
   * caller sends only these. May be called again.
   */
  offer(host: string, at: string): Promise<Order[]>;
  /** Marks an order as accepted by its host, and notifies of its id. Changes nothing for another host, or for an ended order. */
  markAccepted(accepted: Accepted): Promise<void>;
  /** Ends an order with the agent's answer: the upgrade, or an error. An ended order stays as it is. */
  end(id: string, answer: OrderAnswer): Promise<void>;
  /**
   * Ends the order of an upgrade that never began: its host had that request before, as the upgrade `known`. The order
   * names that one from then on, and its own upgrade is gone. False, and nothing is changed, where it is not so: its
   * upgrade has begun or ended, or `known` is of another tenant or host.
   */
  endAsKnown(id: string, answer: { known: string; at: string }): Promise<boolean>;
  /**
   * Ends an upgrade that never began, and all its orders. The transaction decides: false if the upgrade has begun, has
   * ended, or was offered (under `onlyUnoffered`).
   */
  endUnbegun(upgrade: string, end: Unbegun): Promise<boolean>;
  /** Forgets keys that are older than `before` (ISO 8601), and the first ones over `max`. */
  pruneKeys(before: string, max: number): Promise<void>;
  /** Ends the orders that expired before any host may have had them, at most a thousand; returns them. */
  endExpired(now: string): Promise<Order[]>;
}

export interface StreamOptions {
  upgrade: string;
  host: string;
  /** Called after each commit of items, with the ids of the orders that they answer. */
  onStored: (answered: string[]) => void;
}

export interface IncomingStream {
  /** The end of the stream, with items that are still being stored. */
  position(): Position;
  /**
   * Takes the next item; resolves once it is stored. Throws AppError `protocol` at once for an item out of order.
   * Rejects with AppError `forbidden` if its host may not begin an upgrade of that tenant; then nothing is stored. Rejects
   * with `too-large` if the journal or its host is over a limit; then the upgrade counts as failed, and the rest of its
   * stream is not wanted.
   * After any other failure the stream must be opened again.
   */
  add(item: StreamItem): Promise<void>;
}
