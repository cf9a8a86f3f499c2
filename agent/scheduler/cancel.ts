// What a cancel may do: stop a running upgrade, or make sure that an upgrade with an unknown id never runs.
import { AppError } from '../../shared/errors.js';
import { foldProgress } from '../../shared/model/progress.js';
import { findUpgrade, isUpgradeId } from '../store/find_upgrades.js';
import type { Journal } from '../store/journal.js';
import type { StateFolder } from '../store/state_folder.js';
import { readTombstone, writeTombstone } from '../store/tombstones.js';
import { hasEnded } from '../upgrade/begin_upgrade.js';
import { judgeCancel } from '../upgrade/cancel_rule.js';
import { pipeline } from '../upgrade/pipeline.js';

/** The reason why this upgrade cannot be cancelled now: `nothing-to-do` or `not-cancellable`; or null. */
export function whyNotCancellable(tenant: string, journal: Pick<Journal, 'events'>, force: boolean): AppError | null {
  if (hasEnded(journal)) return new AppError('nothing-to-do', `the upgrade of ${tenant} has ended already`);
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
 * Throws AppError `nothing-to-do` for an upgrade that has ended, and without an id.
 */
export async function cancelUnknown(
  state: StateFolder,
  { tenant, id }: { tenant: string; id: string | undefined },
): Promise<void> {
  if (id === undefined) throw new AppError('nothing-to-do', `no upgrade of ${tenant} is running`);
  if (!isUpgradeId(id)) throw new AppError('usage', `${id} is not an upgrade id (a UUIDv7)`);
  if (findUpgrade(state, id) !== null || readTombstone(state, id) === 'ended') {
    throw new AppError('nothing-to-do', `the upgrade ${id} has ended already`);
  }
  await writeTombstone(state, id, 'cancelled');
}
