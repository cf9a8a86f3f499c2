// What `decide` knows of the hosts besides the store: who is connected, and since when.

export interface HostNow {
  isConnected: boolean;
  /** When it connected, or disconnected: ISO 8601. Null for one that has never connected. */
  since: string | null;
  /** It was away before it connected: its tenants do not all start at the same moment. */
  wasAway: boolean;
  /** Everything that it has announced of its journals on this connection is stored. */
  hasCaughtUp: boolean;
}

export interface FleetNow {
  host(name: string): HostNow;
}

/** Why a target does not start now; `until` is when that ends at the latest, in ISO 8601, or null where nobody knows. */
export interface Wait<Rule extends string = string> {
  rule: Rule;
  text: string;
  until: string | null;
}
