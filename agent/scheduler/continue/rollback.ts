// An operator's rollback: done once per id. A repeated request returns the upgrade that was rolled back.
import type { SchedulerContext } from '../context.js';
import { continueWith } from './continue_with.js';
import { chooseRollback } from './choose_rollback.js';
import { createContinueOnce, type AskedOnce } from './continue_once.js';
import { requireAllowed, watchExpiry } from '../origin_rules.js';

export interface AskedRollback extends AskedOnce {
  /** Discards what was written to the database since the upgrade. */
  restoreDatabase: boolean;
  /** The one upgrade that it may undo; the latest one without it. */
  only?: string | undefined;
}

/**
 * Rolls a tenant's latest upgrade back in the background; resolves with that upgrade's id once the request is on the disk.
 * The same id gets the same answer, also where an earlier agent has accepted it. A refused rollback may be requested again.
 */
export type RollBack = (tenant: string, asked: AskedRollback) => Promise<string>;

/** Rollbacks of this host. */
export function createRollBack(context: SchedulerContext): RollBack {
  const continueOnce = createContinueOnce(context, 'rollback');
  return (tenant, asked) => continueOnce(tenant, asked, prepareRollback(context, tenant, asked));
}

/** The origin's time limit counts from this call. */
function prepareRollback(
  { host, actives, limits, findTenant }: SchedulerContext,
  tenant: string,
  { id, restoreDatabase, only, origin }: AskedRollback,
): () => Promise<string> {
  const requireInTime = watchExpiry(origin, host.clock);
  const restoring = { 'restore-database': restoreDatabase };
  return async () => {
    const config = findTenant(tenant);
    requireAllowed(origin, restoring, config);
    actives.requireIdle(tenant);
    const choose = () => chooseRollback(host, { config, restoreDatabase, only });
    const upgrade = await limits.look(origin.by, 'rollback', choose);
    requireAllowed(origin, { ...restoring, rollback: upgrade.progress.finish?.hold === null }, config);
    actives.requireIdle(tenant); // Checked again: an upgrade may have been accepted meanwhile.
    requireInTime(`the rollback ${id}`);
    const rollback = { type: 'rollback', id, restore_database: restoreDatabase } as const;
    await actives.reopen(upgrade, continueWith(rollback, upgrade, config));
    return upgrade.id;
  };
}
