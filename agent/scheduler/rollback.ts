// An operator's rollback: done once per id. A repeated request returns the upgrade that was rolled back.
import { listUpgradesOf } from '../store/find_upgrades.js';
import type { Origin } from '../store/origin.js';
import type { StateFolder } from '../store/state_folder.js';
import type { SchedulerContext } from './context.js';
import { chooseRollback } from './choose_rollback.js';
import { requireAllowed, watchExpiry } from './origin_rules.js';

export interface AskedRollback {
  /** The id of the rollback itself. */
  id: string;
  /** Discards what was written to the database since the upgrade. */
  restoreDatabase: boolean;
  origin: Origin;
}

/**
 * Rolls a tenant's latest upgrade back in the background; resolves with that upgrade's id. The same id gets the same
 * answer, also where an earlier agent has accepted it. A refused rollback may be requested again.
 */
export type RollBack = (tenant: string, asked: AskedRollback) => Promise<string>;

/** Remembers the rollbacks of this agent; those of earlier ones are in the journals. */
export function createRollBack(context: SchedulerContext): RollBack {
  const accepted = new Map<string, Promise<string>>();
  const findOrPrepare = async (
    tenant: string,
    { id, origin: { by } }: AskedRollback,
    rollBack: () => Promise<string>,
  ) => {
    context.limits.count(by, 'rollback');
    const find = () => findRolledBack(context.host.state, { id, tenant });
    return (await context.limits.look(by, 'rollback', find)) ?? rollBack();
  };
  return (tenant, asked) => {
    const before = accepted.get(asked.id);
    if (before !== undefined) return before;
    const rollBack = prepareRollback(context, tenant, asked);
    const rolledBack = findOrPrepare(tenant, asked, rollBack);
    accepted.set(asked.id, rolledBack);
    rolledBack.catch(() => accepted.delete(asked.id));
    return rolledBack;
  };
}

/** The origin's time limit counts from this call. */
function prepareRollback(
  { host, actives, limits, findTenant }: SchedulerContext,
  tenant: string,
  { id, restoreDatabase, origin }: AskedRollback,
): () => Promise<string> {
  const requireInTime = watchExpiry(origin, host.clock);
  return async () => {
    const config = findTenant(tenant);
    requireAllowed(origin, { restoreDatabase }, config);
    actives.requireIdle(tenant);
    const upgrade = await limits.look(origin.by, 'rollback', () => chooseRollback(host, { config, restoreDatabase }));
    requireAllowed(origin, { restoreDatabase, rollback: upgrade.progress.finish?.hold === null }, config);
    actives.requireIdle(tenant); // Checked again: an upgrade may have been accepted meanwhile.
    requireInTime(`the rollback ${id}`);
    actives.reopen(upgrade, { type: 'rollback', id, restore_database: restoreDatabase });
    return upgrade.id;
  };
}

async function findRolledBack(
  state: StateFolder,
  { id, tenant }: { id: string; tenant: string },
): Promise<string | null> {
  for await (const { id: upgrade, events } of listUpgradesOf(state, tenant)) {
    if (events.some((event) => event.type === 'rollback' && event.id === id)) return upgrade;
  }
  return null;
}
