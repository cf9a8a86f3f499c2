// What a cancel may do: stop a running upgrade, or make sure that an upgrade with an unknown id never runs.
import { AppError } from '../../shared/errors.js';
import { foldProgress } from '../../shared/model/journal/progress.js';
import { agentLimits } from '../limits.js';
import { hasBegun, isUpgradeId } from '../store/find_upgrades.js';
import type { Journal } from '../store/journal.js';
import type { StateFolder } from '../store/state_folder.js';
import type { Tombstones } from '../store/tombstones.js';
import { hasEnded } from '../upgrade/begin_upgrade.js';
import { judgeCancel } from '../upgrade/cancel_rule.js';
import { pipeline } from '../upgrade/pipeline.js';

/** AppError `nothing-to-do`, for a cancel that comes too late. */
export function endedError(tenant: string): AppError {
  return new AppError('nothing-to-do', `the upgrade of ${tenant} has ended already`);
}

/** AppError `nothing-to-do`, for the cancel of one that was not to have begun. */
export function begunError({ id, tenant }: { id: string; tenant: string }): AppError {
  return new AppError('nothing-to-do', `the upgrade ${id} of ${tenant} has begun, and goes on`, {
    hint: `\`drover-agent cancel ${tenant}\` ends it all the same.`,
  });
}

/** The reason why this upgrade cannot be cancelled now: `nothing-to-do` or `not-cancellable`; or null. */
export function whyNotCancellable(tenant: string, journal: Pick<Journal, 'events'>, force: boolean): AppError | null {
  if (hasEnded(journal)) return endedError(tenant);
  const { current, direction } = foldProgress(journal.events);
  if (direction === 'back') {
    return new AppError('not-cancellable', `the upgrade of ${tenant} is being rolled back already`);
  }
  const step = pipeline.find(({ name }) => name === current?.step);
  if (current === null || step === undefined) return null;
  const answer = judgeCancel(step, current.stage);
  if (answer === 'never') {
    return new AppError('not-cancellable', `the upgrade of ${tenant} is past its commit point (${step.name})`, {
      hint: `Wait for its end, then \`drover-agent rollback ${tenant}\`.`,
    });
  }
  if (answer === 'allowed' || force) return null;
  return new AppError('not-cancellable', `the upgrade of ${tenant} is in its migrations`, {
    hint: '`--force` stops them; the database is then restored from the backup.',
  });
}

/**
 * Cancels an upgrade that is neither queued nor running: an unknown id never runs from then on. May be called again.
 * Throws AppError `nothing-to-do` for an upgrade that has ended, and without an id; `busy` where a controller cancels too
 * many unknown ones.
 */
export async function cancelUnknown(
  { state, tombstones }: { state: StateFolder; tombstones: Tombstones },
  { tenant, id }: { tenant: string; id: string | undefined },
): Promise<void> {
  if (id === undefined) throw new AppError('nothing-to-do', `no upgrade of ${tenant} is running`);
  if (!isUpgradeId(id)) throw new AppError('usage', `${id} is not an upgrade id (a UUIDv7)`);
  const tombstone = tombstones.find(id);
  if (hasBegun(state, id) || (tombstone !== null && tombstone.why !== 'cancelled')) {
    throw new AppError('nothing-to-do', `the upgrade ${id} has ended already`);
  }
  if (tombstone === null && tombstones.countUnrun() >= agentLimits.unrunUpgrades.max) {
    throw new AppError('busy', `this host remembers ${agentLimits.unrunUpgrades.max} upgrades that never run already`, {
      hint: `Nothing was kept. Find out who cancels unknown upgrades of this host; they are listed in ${state.tombstones}.`,
    });
  }
  await tombstones.remember(id, { why: 'cancelled' });
}
