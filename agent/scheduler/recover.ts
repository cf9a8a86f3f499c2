// What an agent before this one left: upgrades in the middle, and accepted ones that waited for their turn.
import { toAppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import { findUnfinished, findUpgrade, listUpgradeIds, type FoundUpgrade } from '../store/find_upgrades.js';
import { listQueued, removeQueued, type QueuedUpgrade } from '../store/queue.js';
import type { StateFolder } from '../store/state_folder.js';
import { isPruned } from './prune.js';

export interface Recovery {
  state: StateFolder;
  log: Log;
  now: Date;
  goOn: (found: FoundUpgrade) => void;
  wait: (queued: QueuedUpgrade) => void;
}

/** Hands out each upgrade that is left, those in the middle first; their ids. One that cannot be read keeps no other back. */
export async function recoverUpgrades({ state, log, now, goOn, wait }: Recovery): Promise<string[]> {
  const ids: string[] = [];
  for (const id of await listUpgradeIds(state)) {
    try {
      const found = findUnfinished(state, id);
      if (found === null) continue;
      goOn(found);
      ids.push(id);
    } catch (error) {
      log.error({ err: toAppError(error), upgrade: id }, 'a journal cannot be read; its upgrade is not gone on with');
    }
  }
  const onBroken = (error: unknown) => log.error({ err: error }, 'an accepted upgrade cannot be read and is left out');
  for (const queued of await listQueued(state, { now, onBroken })) {
    const { id } = queued;
    if (existsAlready(state, id)) {
      // Its disk may be read-only, and there may be a tenant to put back. It is found again, and is no more than left over.
      await removeQueued(state, id).catch((error: unknown) => {
        log.warn({ err: toAppError(error), upgrade: id }, 'an accepted upgrade that has begun cannot be tidied up');
      });
      continue;
    }
    wait(queued);
    ids.push(id);
  }
  return ids;
}

/** A journal that cannot be read is one all the same. */
function existsAlready(state: StateFolder, id: string): boolean {
  try {
    return findUpgrade(state, id) !== null || isPruned(state, id);
  } catch {
    return true;
  }
}
