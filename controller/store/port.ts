// The store: all that the controller must not forget. One port, and an adapter a database: `sqlite/`.
// A write resolves once it would survive a power cut. Writes throw AppError `disk-full` or `io` where the database takes
// nothing; then nothing of that write is stored.
import type { Page, PageQuery, UpgradesQuery } from '../../shared/wire/api.js';
import type { ErrorBody } from '../../shared/model/error_body.js';
import type { Report } from '../../shared/model/report.js';
import type { Failure, Result, Status } from '../../shared/model/result.js';
import type { StreamItem } from '../../shared/model/stream_item.js';
import type { Position } from '../../shared/wire/protocol.js';
import type { NewOrder, Order } from './order.js';
import type { StoredHost, StoredItem, StoredTenant, StoredUpgrade } from './stored.js';

export interface Store {
  hosts: HostStore;
  upgrades: UpgradeStore;
  orders: OrderStore;
  /** Opens the stream of an upgrade where the store has it to, which is all that was written before this call. */
  openStream(options: StreamOptions): Promise<IncomingStream>;
  /** Writes what was asked for, and closes. */
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

export interface HostStore {
  find(host: string): Promise<StoredHost | null>;
  /** In order of name; the cursor is the name of the last one shown. */
  list(query: PageQuery): Promise<Page<StoredHost>>;
  findTenant(slug: string): Promise<StoredTenant | null>;
  /** The host that has a tenant, or null. */
  findHostOf(slug: string): Promise<string | null>;
  /** In order of slug; the cursor is the slug of the last one shown. */
  listTenants(query: PageQuery): Promise<Page<StoredTenant>>;
  /** A host has connected. May be called again. */
  connect(arrival: Arrival): Promise<void>;
  /** A host has disconnected. May be called again. */
  disconnect(host: string, at: string): Promise<void>;
  /**
   * Takes a host's report in place of the one before. A tenant that another host reports stays that one's until it no
   * longer does; the slugs that were left out because of it.
   */
  report(host: string, report: Report, at: string): Promise<string[]>;
}

export interface UpgradeStore {
  find(id: string): Promise<StoredUpgrade | null>;
  /** The newest first; the cursor is the id of the last one shown. */
  list(query: UpgradesQuery): Promise<Page<StoredUpgrade>>;
  /** The result as the stream has it so far; of one without a stream, what its order came to. Null for an unknown id. */
  readResult(id: string): Promise<Result | null>;
  /** Items of the stream after the place `after`, at most `limit`. */
  readStream(id: string, place: { after: number; limit: number }): Promise<StoredItem[]>;
  /**
   * Of what a host says that it has, the upgrades whose streams are wanted: those with events that are not stored, and
   * those that are not over. None of an upgrade of another host.
   */
  findWanted(host: string, streams: readonly { upgrade: string; events: number }[]): Promise<string[]>;
  /** Removes the streams of upgrades that ended before `before` (ISO 8601), at most `limit` at a time; how many. */
  pruneLogs(before: string, limit: number): Promise<number>;
}

/** An idempotency key, and what it was given for. */
export interface Key {
  key: string;
  fingerprint: string;
}

export interface Placing {
  key: Key | null;
  /** Whether an order for that host is sent as soon as it is stored; asked inside of the transaction. */
  isOffered: (host: string) => boolean;
}

/** A new order, or the one that the key was given for before this: it is then the one that counts. */
export type Placed = { isNew: true; id: string; host: string; isOffered: boolean } | { isNew: false; id: string };

/** How an upgrade ended that its host has never begun. */
export interface Unbegun {
  status: Extract<Status, 'refused' | 'cancelled'>;
  /** ISO 8601. */
  at: string;
  failure: Failure | null;
  /** Only one that was never offered to its host: what a host may have is the host's to end. */
  onlyUnoffered?: boolean;
}

export interface OrderStore {
  find(id: string): Promise<Order | null>;
  /** What a host owes, the oldest first. */
  openOf(host: string): Promise<Order[]>;
  /**
   * Stores a new order, an upgrade's with its line in the lists. Throws AppError `unknown-tenant`, `busy` for a second
   * upgrade of a tenant, `key-reused`; then nothing is stored.
   */
  add(order: NewOrder, placing: Placing): Promise<Placed>;
  /** The id of the order that the key was given for before, or null. Throws AppError `key-reused`. */
  findKeyed(key: Key): Promise<string | null>;
  /**
   * Says that all open orders of a host may have reached it, and gives them, the oldest first: what is sent is what was
   * open when that was stored. May be called again.
   */
  offer(host: string, at: string): Promise<Order[]>;
  /** The host has said that it has an order. Another host's word, or one about an ended order, changes nothing. */
  markAccepted(accepted: { id: string; host: string; at: string }): Promise<void>;
  /** Ends an order with the agent's answer: the upgrade that it concerns, or why not. An ended order stays as it is. */
  end(id: string, answer: { at: string; upgrade: string | null; error: ErrorBody | null }): Promise<void>;
  /** Ends an upgrade that never began, and all orders about it. False where it has begun, ended or was offered meanwhile. */
  endUnbegun(upgrade: string, end: Unbegun): Promise<boolean>;
  /** Upgrades that were never offered and whose time to begin is over, at most a thousand. */
  expired(now: string): Promise<Order[]>;
}

export interface StreamOptions {
  upgrade: string;
  host: string;
  /** Called when more of the upgrade is stored, with the ids of the orders that this answers. */
  onStored: (answered: string[]) => void;
}

export interface IncomingStream {
  /** How far it has come, stored or on its way there. */
  position(): Position;
  /**
   * Takes the next item; resolves once it is stored. Throws AppError `protocol` at once for one that is not next. Rejects
   * with AppError `forbidden` where its host may not begin an upgrade of that tenant: nothing of the stream is stored then.
   * Where storing fails otherwise the stream must be opened anew.
   */
  add(item: StreamItem): Promise<void>;
}
