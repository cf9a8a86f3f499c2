// The boot guard of one tenant, for one upgrade: its mark, and what makes systemd heed it.
import { createGuard, type Guard } from './mark.js';
import type { UnitGuards } from './unit_guards.js';

/** Holds the tenant's units back. `raise` throws AppError `unguarded` where they are not held. */
export interface TenantGuard extends Guard {
  /** Lets them start though the mark cannot be removed. */
  lift(): Promise<void>;
}

export interface GuardedTenant {
  guardFolder: string;
  slug: string;
  /** Of the upgrade. */
  id: string;
  /** As the tenant file named them when the upgrade began. */
  units: readonly string[];
}

/** The guard of these units. */
export function createTenantGuard(
  unitGuards: Pick<UnitGuards, 'require' | 'lift'>,
  { guardFolder, slug, id, units }: GuardedTenant,
): TenantGuard {
  const mark = createGuard(guardFolder, { slug, id });
  return {
    async raise() {
      // First: while it is there, no change of the tenant file takes the drop-ins away. One before it may have.
      await mark.raise();
      await unitGuards.require(slug, units);
    },
    lower: () => mark.lower(),
    lift: () => unitGuards.lift(units),
  };
}
