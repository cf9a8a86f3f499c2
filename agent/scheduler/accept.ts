// An upgrade from its request until it runs: accepted, queued, begun; or cancelled before that.
import { AppError } from '../../shared/errors.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import type { TenantConfig } from '../config/tenant_config.js';
import { findLatest, findUpgrade, isUpgradeId } from '../store/find_upgrades.js';
import type { Journal } from '../store/journal.js';
import type { Origin } from '../store/origin.js';
import { removeQueued, writeQueued, type QueuedUpgrade } from '../store/queue.js';
import { unwritable, type StateFolder } from '../store/state_folder.js';
import { readTombstone } from '../store/tombstones.js';
import { beginUpgrade, endQueued } from '../upgrade/begin_upgrade.js';
import { ActiveUpgrade } from './active_upgrade.js';
import { busyError } from './active_upgrades.js';
import type { SchedulerContext } from './context.js';
import { requireResolved } from './hold.js';
import { requireAllowed, watchExpiry } from './origin_rules.js';
import { retryUntilDone } from './retry_until_done.js';

/** A request, and its origin. */
export interface AskedUpgrade {
  request: UpgradeRequest;
  origin: Origin;
}

/**
 * Accepts an upgrade once per id, and resolves when that is on the disk. Throws AppError `usage`, `io`, or the reason
 * why this id never runs again.
 */
export async function acceptUpgrade(
  context: SchedulerContext,
  { id, tenant }: { id: string; tenant: string },
  asked: AskedUpgrade,
): Promise<void> {
  const { state, clock } = context.host;
  if (!isUpgradeId(id)) throw new AppError('usage', `${id} is not an upgrade id (a UUIDv7)`);
  const known = context.actives.find(id);
  if (known !== undefined) return known.accepted;
  if (findUpgrade(state, id) !== null) return;
  requireNoTombstone(state, id);
  const queued = { id, tenant, accepted_at: clock.now().toISOString(), ...asked };
  await enqueue(context, queued, writeQueued(state, queued)).accepted;
}

/** Queues an accepted upgrade and later runs it. Refuses it at once while another upgrade of its tenant is active. */
export function enqueue(
  { host, log, actives, runQueued, findTenant }: SchedulerContext,
  { id, tenant, request, origin }: Omit<QueuedUpgrade, 'accepted_at'>,
  accepted: Promise<void> = Promise.resolve(),
): ActiveUpgrade {
  const { state, clock } = host;
  const other = actives.findOf(tenant);
  const requireInTime = watchExpiry(origin, clock);

  async function admit(): Promise<TenantConfig> {
    const config = findTenant(tenant);
    requireAllowed(origin, { downgrade: request.allow_downgrade }, config);
    requireInTime(`the upgrade ${id}`);
    if (other !== undefined) throw busyError(other);
    requireResolved(tenant, await findLatest(state, tenant));
    return config;
  }

  const makeJournal = () => retryUntilDone({ host, log, id }, () => beginUpgrade({ host, id, tenant, request, admit }));

  async function begin(): Promise<void> {
    await accepted;
    return upgrade.leaveQueue(makeJournal, run);
  }

  async function makeCancelled(): Promise<Journal> {
    await accepted;
    return endQueued({ host, id, tenant, request }).catch((error: unknown) => {
      throw unwritable(state.upgrades, error);
    });
  }

  async function run(journal: Journal): Promise<void> {
    // Only once the journal is on the disk, or both could be lost. The next agent removes a file that could not be
    // removed.
    const written = journal.sync().then(() => removeQueued(state, id));
    await written.catch(() => undefined);
    return actives.run(upgrade, journal);
  }

  const queued = { accepted, cancel: () => upgrade.leaveQueue(makeCancelled, run) };
  const upgrade: ActiveUpgrade = new ActiveUpgrade({ id, tenant, queued });
  void actives.start(upgrade, () => (other === undefined ? runQueued(begin) : begin()));
  return upgrade;
}

/** Throws the reason why an id with a tombstone does not run. */
function requireNoTombstone(state: StateFolder, id: string): void {
  switch (readTombstone(state, id)) {
    case 'cancelled':
      throw new AppError('cancelled', `the upgrade ${id} was cancelled before this host received it; it never runs`);
    case 'ended':
      throw new AppError('nothing-to-do', `the upgrade ${id} has already ended, and its journal was deleted`, {
        hint: 'An upgrade id runs only once: start a new upgrade.',
      });
    case null:
  }
}
