// Recovery after a restart: unfinished upgrades, and accepted ones that have not begun.
import { toAppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import { findUnfinished, hasBegun, listUpgradeIds, type FoundUpgrade } from '../store/find_upgrades.js';
import { listQueued, removeQueued, type QueuedUpgrade } from '../store/queue.js';
import type { StateFolder } from '../store/state_folder.js';
import type { Tombstones } from '../store/tombstones.js';
import { pruneOrder } from '../store/begin_order.js';

export interface Recovery {
  state: StateFolder;
  tombstones: Tombstones;
  log: Log;
  now: Date;
  /** Called with each unfinished upgrade, and with a cancel that was answered before its journal held it. */
  resume: (found: FoundUpgrade, cancelling: Cancelling) => void;
  /** Called with each accepted upgrade that has not begun, in the order in which they were accepted. */
  enqueue: (queued: QueuedUpgrade) => void;
}

interface Cancelling {
  cancel: QueuedUpgrade['cancel'];
  /** To be called once the journal holds the cancel. */
  onKept: () => Promise<void>;
}

/**
 * Passes each of them to its callback, unfinished ones first; returns the ids. An unreadable one is logged and skipped.
 */
export async function recoverUpgrades({ state, tombstones, log, now, resume, enqueue }: Recovery): Promise<string[]> {
  const ids: string[] = [];
  const kept = await listUpgradeIds(state);
  // Now, because nothing begins yet. A disk that takes nothing keeps the long file.
  await pruneOrder(state, new Set(kept)).catch(() => undefined);
  const onBroken = (error: unknown) => log.error({ err: error }, 'an accepted upgrade cannot be read and is left out');
  const accepted = await listQueued(state, { now, onBroken });
  /** The disk may be read-only, and another upgrade may need its rollback now. The next agent removes this file. */
  const leaveQueue = (id: string) =>
    removeQueued(state, id).catch((error: unknown) => {
      log.warn({ err: toAppError(error), upgrade: id }, 'an upgrade that has begun cannot be removed from the queue');
    });
  const cancelled = new Set<string>();
  for (const id of kept) {
    try {
      const found = findUnfinished(state, id);
      if (found === null) continue;
      const cancel = accepted.find((queued) => queued.id === id)?.cancel;
      if (cancel !== undefined) cancelled.add(id);
      resume(found, { cancel, onKept: () => leaveQueue(id) });
      ids.push(id);
    } catch (error) {
      log.error({ err: toAppError(error), upgrade: id }, 'a journal cannot be read; its upgrade is not resumed');
    }
  }
  for (const queued of accepted) {
    const { id } = queued;
    if (hasBegun(state, id) || tombstones.find(id) !== null) {
      // Its file holds a cancel that is not in its journal yet.
      if (!cancelled.has(id)) await leaveQueue(id);
      continue;
    }
    enqueue(queued);
    ids.push(id);
  }
  return ids;
}
