// Hosts, tenants, upgrades and stream items, as the store returns them.
import type { z } from 'zod';
import type {
  hostFactsSchema,
  HostFigures,
  ReportedProblem,
  ReportedTenant,
} from '../../shared/model/report/report.js';
import type { KeyState, StoredHostKey } from './joining.js';
import type { Failure, Status } from '../../shared/model/result.js';
import type { StreamItem } from '../../shared/model/journal/stream_item.js';

export interface StoredHost {
  /** Its latest key, without the key itself; null for a host of before keys. */
  host_key: Pick<StoredHostKey, 'state' | 'since' | 'why' | 'places'> | null;
  host: string;
  /** When it joined, ISO 8601, as are all times. */
  first_seen_at: string;
  /** Null, as are the next four, for a host that has joined and never connected. */
  connected_at: string | null;
  /** When it last disconnected, connected, or reported figures. */
  seen_at: string | null;
  agent_version: string | null;
  protocol_version: number | null;
  clock_skew_ms: number | null;
  facts: z.infer<typeof hostFactsSchema> | null;
  figures: HostFigures | null;
  problems: ReportedProblem[];
  /** The slugs of its tenants, sorted; and of those the ones that it does not report. */
  tenants: string[];
  missing: string[];
  /** How many of its tenants have a work tree that was moved by hand. */
  drifting: number;
  /** Tenants of it that another host reports too, and tenants that it reports although another host has them. */
  claimed_of_it: Disputed[];
  claimed_by_it: Disputed[];
}

/** A tenant that two hosts report, and the other host; null for one that the asker does not see. */
export interface Disputed {
  slug: string;
  host: string | null;
}

/** A version that a tenant had from then on. */
export interface StoredVersion {
  /** Grows with every change. */
  no: number;
  at: string;
  version: string;
  commit: string | null;
  /** The tenant had no record. */
  detected: boolean;
  /** The host that had it; null for one that the asker does not see. */
  host: string | null;
}

export interface StoredTenant {
  slug: string;
  host: string;
  /** Of its host, as in `StoredHost`. */
  host_key_state: KeyState | null;
  host_connected_at: string | null;
  /** When its host last reported a change of it, or since when it does not report it. */
  reported_at: string;
  /** Null where its host does not report it. */
  report: ReportedTenant | null;
  /** Those that admins have set. */
  admin_labels: Record<string, string>;
  /** The id of its queued or running upgrade, or null. */
  upgrade: string | null;
  /** Other hosts that report it too; null for each that the asker does not see. */
  claimed_by: (string | null)[];
  /** Its latest upgrade that was not refused; `received_at` is null unless its end is stored. */
  latest: {
    received_at: string | null;
    version: string | null;
    needs_operator: boolean;
    failure: Failure | null;
  } | null;
}

export interface StoredUpgrade {
  id: string;
  tenant: string;
  host: string;
  status: Status;
  created_at: string;
  previous_version: string | null;
  new_version: string | null;
  current_version: string | null;
  started_at: string | null;
  finished_at: string | null;
  step: string | null;
  message: string | null;
  needs_operator: boolean;
  /** How far its stream is stored: items, and events among them. */
  items: number;
  events: number;
  /** It has ended or needs an operator. Its result is stored then. */
  isOver: boolean;
  /** The order that asked for it; null for one that was asked for on its host. */
  order: { expires_at: string; isOffered: boolean; isAccepted: boolean } | null;
  /** A cancel of it is stored, and its host has not answered it yet. */
  isCancelling: boolean;
}

/** A stream item with its number in the stream. Numbers grow, and never change within one store. */
export interface StoredItem {
  seq: number;
  item: StreamItem;
}
