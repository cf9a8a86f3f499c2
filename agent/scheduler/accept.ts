// An upgrade from its request until it runs: accepted, queued, begun; or cancelled before that.
import { AppError, toAppError } from '../../shared/errors.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import type { TenantConfig } from '../config/tenant_file/tenant_config.js';
import { findLatest, hasBegun, isUpgradeId } from '../store/find_upgrades.js';
import type { Journal } from '../store/journal.js';
import type { Origin } from '../store/origin.js';
import { removeQueued, writeQueued, type QueuedUpgrade } from '../store/queue.js';
import { unwritable, type StateFolder } from '../store/state_folder.js';
import type { Tombstones } from '../store/tombstones.js';
import { beginUpgrade, endQueued } from '../upgrade/begin_upgrade.js';
import { agentLimits } from '../limits.js';
import { ActiveUpgrade } from './active_upgrade.js';
import { busyError } from './active_upgrades.js';
import type { SchedulerContext } from './context.js';
import { requireResolved } from './continue/hold.js';
import { requireAllowed, watchExpiry, wishOf } from './origin_rules.js';
import { retryUntilDone } from './retry_until_done.js';

/** A request, and its origin. */
export interface AskedUpgrade {
  request: UpgradeRequest;
  /** The class of plan that was approved; absent where any plan may run. */
  plan_class?: string | undefined;
  origin: Origin;
}

/**
 * Accepts an upgrade once per id, and resolves when that is on the disk. Throws AppError `usage`, `io`, or the reason
 * why this id never runs (again); from a controller also `busy` where it asks too often, and then nothing is kept.
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
  if (hasBegun(state, id)) return;
  requireNoTombstone(context.tombstones, id);
  context.limits.count(asked.origin.by, 'upgrade');
  const refused = asked.origin.by === 'controller' ? refuseEarly(context, { id, tenant }, asked) : null;
  if (refused !== null) return refused;
  const queued = { id, tenant, place: context.places.next(), accepted_at: clock.now().toISOString(), ...asked };
  const { keyed } = asked.origin;
  const noted = keyed === undefined ? Promise.resolve() : context.keys.note(keyed, id);
  const upgrade = enqueue(
    context,
    queued,
    noted.then(() => writeQueued(state, queued)),
  );
  await upgrade.accepted.catch((error: unknown) => {
    // Its turn in the queue may be far off, and until then the tenant would count as busy.
    context.actives.forget(upgrade);
    throw error;
  });
  context.onWaiting(id);
}

/** Queues an accepted upgrade and later runs it. Refuses it at once while another upgrade of its tenant is active. */
export function enqueue(
  { host, log, actives, runQueued, findTenant, onWaiting }: SchedulerContext,
  queued: QueuedUpgrade,
  accepted: Promise<void> = Promise.resolve(),
): ActiveUpgrade {
  const { id, tenant, request, origin, cancel } = queued;
  const { state } = host;
  const other = actives.findOf(tenant);
  /** The last write of its file in the queue. */
  let kept: Promise<void> = accepted;
  const admit = createAdmit({ host, findTenant }, queued, other);

  const asked = { host, id, tenant, request, planClass: queued.plan_class, rollout: origin.rollout };
  const make = () => (cancel === undefined ? beginUpgrade({ ...asked, admit }) : makeCancelled());
  const makeJournal = () => {
    onWaiting(id);
    return retryUntilDone({ host, log, id }, make);
  };

  async function begin(): Promise<void> {
    await accepted;
    return upgrade.leaveQueue(makeJournal, run);
  }

  async function makeCancelled(): Promise<Journal> {
    await accepted;
    return endQueued(asked).catch((error: unknown) => {
      throw unwritable(state.upgrades, error);
    });
  }

  async function run(journal: Journal): Promise<void> {
    upgrade.begin(journal);
    // Only once the journal is on the disk, or both could be lost; where the disk is full, that is at its end.
    await journal.sync().then(takeOut, () => undefined);
    await actives.run(upgrade, journal);
    await takeOut();
  }

  const takeOut = () => removeAfter(kept, { state, id });
  function keepCancel(wished: { force: boolean }): Promise<void> {
    kept = kept.catch(() => undefined).then(() => writeQueued(state, { ...queued, cancel: wished }));
    return kept;
  }

  const place = { accepted, cancel: () => upgrade.leaveQueue(makeCancelled, run), keepCancel };
  const upgrade: ActiveUpgrade = new ActiveUpgrade({ id, tenant, queued: place });
  void actives.start(upgrade, () => (other === undefined && cancel === undefined ? runQueued(begin) : begin()));
  return upgrade;
}

/** What lets an upgrade begin: the tenant's configuration, or why not. The origin's time limit counts from this call. */
function createAdmit(
  { host, findTenant }: Pick<SchedulerContext, 'host' | 'findTenant'>,
  { id, tenant, request, origin }: QueuedUpgrade,
  other: ActiveUpgrade | undefined,
): () => Promise<TenantConfig> {
  const { state, clock, exclusive } = host;
  const requireInTime = watchExpiry(origin, clock);
  return async () => {
    // A mark that is being written counts for this upgrade.
    await exclusive(state.recordFile(tenant), async () => undefined);
    const config = findTenant(tenant);
    requireAllowed(origin, wishOf(request), config);
    requireInTime(`the upgrade ${id}`);
    if (other !== undefined) throw busyError(other);
    requireResolved(tenant, await findLatest(state, tenant));
    return config;
  };
}

/** Removes its file in the queue, after the last write of it. The next agent removes what could not be removed. */
async function removeAfter(kept: Promise<void>, { state, id }: { state: StateFolder; id: string }): Promise<void> {
  await kept.catch(() => undefined);
  await removeQueued(state, id).catch(() => undefined);
}

/**
 * Refuses what a controller can be refused without a look at the tenant: it leaves a line, and no journal. Null where
 * there is no such reason. Not asynchronous: the very next frame may offer this id again.
 */
function refuseEarly(
  { actives, findTenant, tombstones, log }: SchedulerContext,
  { id, tenant }: { id: string; tenant: string },
  { request, origin }: AskedUpgrade,
): Promise<void> | null {
  try {
    requireAllowed(origin, wishOf(request), findTenant(tenant));
    actives.requireIdle(tenant);
    return null;
  } catch (error) {
    const refusal = toAppError(error);
    log.warn({ upgrade: id, tenant, err: refusal }, 'refused an upgrade that a controller asked for');
    const isFull = tombstones.countUnrun() >= agentLimits.unrunUpgrades.max;
    const remembered = isFull ? Promise.resolve() : tombstones.remember(id, { why: 'refused', code: refusal.code });
    return remembered.then(() => {
      throw refusal;
    });
  }
}

/** Throws the reason why an id with a tombstone does not run. */
function requireNoTombstone(tombstones: Tombstones, id: string): void {
  const tombstone = tombstones.find(id);
  switch (tombstone?.why) {
    case 'refused':
      throw new AppError(tombstone.code, `the upgrade ${id} was refused when it was first asked for; it never runs`, {
        hint: 'An upgrade id runs only once: start a new upgrade.',
      });
    case 'cancelled':
      throw new AppError('cancelled', `the upgrade ${id} was cancelled before this host received it; it never runs`);
    case 'ended':
      throw new AppError('nothing-to-do', `the upgrade ${id} has already ended, and its journal was deleted`, {
        hint: 'An upgrade id runs only once: start a new upgrade.',
      });
    default:
  }
}
