// Recovery after a restart: unfinished upgrades, and accepted ones that have not begun.
import { toAppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import { findUnfinished, findUpgrade, listUpgradeIds, type FoundUpgrade } from '../store/find_upgrades.js';
import { listQueued, removeQueued, type QueuedUpgrade } from '../store/queue.js';
import type { StateFolder } from '../store/state_folder.js';
import { readTombstone } from '../store/tombstones.js';

export interface Recovery {
  state: StateFolder;
  log: Log;
  now: Date;
  /** Called with each unfinished upgrade. */
  resume: (found: FoundUpgrade) => void;
  /** Called with each accepted upgrade that has not begun, in the order in which they were accepted. */
  enqueue: (queued: QueuedUpgrade) => void;
}

/**
 * Passes each of them to its callback, unfinished ones first; returns the ids. An unreadable one is logged and skipped.
 */
export async function recoverUpgrades({ state, log, now, resume, enqueue }: Recovery): Promise<string[]> {
  const ids: string[] = [];
  for (const id of await listUpgradeIds(state)) {
    try {
      const found = findUnfinished(state, id);
      if (found === null) continue;
      resume(found);
      ids.push(id);
    } catch (error) {
      log.error({ err: toAppError(error), upgrade: id }, 'a journal cannot be read; its upgrade is not resumed');
    }
  }
  const onBroken = (error: unknown) => log.error({ err: error }, 'an accepted upgrade cannot be read and is left out');
  for (const queued of await listQueued(state, { now, onBroken })) {
    const { id } = queued;
    if (existsAlready(state, id)) {
      // The disk may be read-only, and another upgrade may need its rollback now. The next agent removes this file.
      await removeQueued(state, id).catch((error: unknown) => {
        log.warn({ err: toAppError(error), upgrade: id }, 'an upgrade that has begun cannot be removed from the queue');
      });
      continue;
    }
    enqueue(queued);
    ids.push(id);
  }
  return ids;
}

/** A journal that cannot be read counts. */
function existsAlready(state: StateFolder, id: string): boolean {
  try {
    return findUpgrade(state, id) !== null || readTombstone(state, id) !== null;
  } catch {
    return true;
  }
}
