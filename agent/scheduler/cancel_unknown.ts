// The ids of upgrades that were withdrawn before the host ever heard of them: their late offers never run.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { syncFolder } from '../../shared/os/files.js';
import { AppError } from '../../shared/errors.js';
import { findUpgrade, isUpgradeId } from '../store/find_upgrades.js';
import type { StateFolder } from '../store/state_folder.js';
import { isPruned } from './prune.js';

const mark = 'withdrawn\n';

/** Remembers it for good, among those whose journals are gone; kept on disk when this returns. May be called again. */
async function withdraw(state: StateFolder, id: string): Promise<void> {
  if (!isUpgradeId(id)) throw new AppError('usage', `${id} is not an upgrade id (a UUIDv7)`);
  mkdirSync(state.pruned, { recursive: true, mode: 0o700 });
  // At once: the offer may be the very next frame.
  writeFileSync(path.join(state.pruned, id), mark, { flush: true });
  await syncFolder(state.pruned);
  await syncFolder(path.dirname(state.pruned));
}

/**
 * A cancel of what is not under way: an id that was never heard of is withdrawn, and null returned. Throws AppError
 * `nothing-to-do` for one that has ended, and without an id.
 */
export async function cancelAbsent(
  state: StateFolder,
  { tenant, id }: { tenant: string; id: string | undefined },
): Promise<null> {
  if (id === undefined) throw new AppError('nothing-to-do', `no upgrade of ${tenant} is under way`);
  if (findUpgrade(state, id) !== null || (isPruned(state, id) && !isWithdrawn(state, id))) {
    throw new AppError('nothing-to-do', `the upgrade ${id} has ended already`);
  }
  await withdraw(state, id);
  return null;
}

/** Why an offer of an id whose journal is gone, or never was, is not taken up. */
export function endedError(state: StateFolder, id: string): AppError {
  return isWithdrawn(state, id)
    ? new AppError('cancelled', `the upgrade ${id} was withdrawn before it arrived; it never runs`)
    : new AppError('nothing-to-do', `the upgrade ${id} ended long ago; its journal is gone`, {
        hint: 'An upgrade of this host runs once: ask for a new one.',
      });
}

function isWithdrawn(state: StateFolder, id: string): boolean {
  try {
    return readFileSync(path.join(state.pruned, id), 'utf8') === mark;
  } catch {
    return false;
  }
}
