// Counts of the fleet, for metrics.

/** By state or status; what there is none of may be missing. */
export interface Counts {
  /** `joined`: it has never connected; `revoked` and `quarantined`: its key is refused; `known`: all others. */
  hosts: Readonly<Record<string, number>>;
  tenants: Readonly<Record<string, number>>;
  drifted: number;
  openUpgrades: Readonly<Record<string, number>>;
  deliveries: Readonly<Record<string, number>>;
}
