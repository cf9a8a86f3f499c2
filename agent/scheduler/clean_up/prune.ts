// Deletes old journals and exports after an upgrade. Ids are kept forever, as tombstones.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { agentLimits } from '../../limits.js';
import { findUpgrade, listUpgradeIds, type FoundUpgrade } from '../../store/find_upgrades.js';
import { readBegin, readEnd } from '../../store/journal_ends.js';
import type { StateFolder } from '../../store/state_folder.js';
import { readRecord } from '../../store/tenant_record.js';
import type { Tombstones } from '../../store/tombstones.js';

/** True where no operator is needed any more. */
export const isOver = ({ progress }: FoundUpgrade): boolean =>
  progress.finish !== null && progress.finish.hold === null;

/** Removes what an ended upgrade no longer needs. A rollback makes the exports anew. */
export async function removeExports(state: StateFolder, upgrade: FoundUpgrade): Promise<void> {
  if (!isOver(upgrade)) return;
  // Those of its tenant, and those of other accounts.
  const own = (await readdir(state.exports)).filter((name) => name.split('.')[0] === upgrade.id);
  for (const name of own) await rm(path.join(state.exports, name), { recursive: true, force: true });
}

/**
 * Removes the journals of a tenant's upgrades that are older than the limit and not among its latest, and all but the
 * latest of those that never touched it, which do not count among the others. The order is that in which they began here.
 * The tenant's standing upgrade, which a rollback would undo, keeps its journal. Each tombstone is on the disk before its
 * journal is deleted, so that the upgrade can never run again, and `beforeRemoval` has been called for its tenant. A
 * journal that cannot be pruned does not stop the others: `onError` is called with it.
 */
export async function pruneJournals(
  { state, tombstones }: { state: StateFolder; tombstones: Pick<Tombstones, 'remember'> },
  keep: { upgrades: number; journals: number },
  { now, onError, beforeRemoval }: Pruning,
): Promise<void> {
  const count = createCounter();
  const dateOf = createDating(now.getTime());
  const standing = new Map<string, string>();
  for (const id of await listUpgradeIds(state)) {
    await nextTurn();
    const folder = path.join(state.upgrades, id);
    const begin = readBegin(folder);
    if (begin === null) continue;
    const { tenant } = begin;
    const end = readEnd(folder);
    const isIdle = end?.isIdle === true;
    const ageMs = now.getTime() - dateOf(begin.at);
    const newer = count(`${tenant} ${isIdle}`);
    if (!isIdle && end?.status === 'success' && !standing.has(tenant)) standing.set(tenant, id);
    const isOld = newer >= keep.upgrades && ageMs >= keep.journals;
    if (!isOld && !(isIdle && newer >= agentLimits.idleUpgrades.max)) continue;
    try {
      const upgrade = findUpgrade(state, id);
      if (upgrade === null || !isOver(upgrade) || (!isOld && upgrade.progress.begun.size > 0)) continue;
      if (standing.get(tenant) === id || (await readRecord(state.recordFile(tenant)))?.upgrade_id === id) continue;
      await beforeRemoval(tenant);
      await tombstones.remember(id, { why: 'ended' });
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      onError(id, error);
    }
  }
}

export interface Pruning {
  now: Date;
  onError: (id: string, error: unknown) => void;
  /** Keeps elsewhere what this tenant's journals alone know. May be called again. */
  beforeRemoval: (tenant: string) => Promise<void>;
}

/** Returns how often it was called with this key before. */
function createCounter(): (key: string) => number {
  const counts = new Map<string, number>();
  return (key) => {
    const before = counts.get(key) ?? 0;
    counts.set(key, before + 1);
    return before;
  };
}

/**
 * When upgrades began, called with the newest first. A date in the future is a wrong clock's: then it is the date of the
 * next newer one, or now.
 */
function createDating(nowMs: number): (at: string) => number {
  let newerMs = nowMs;
  return (at) => {
    const atMs = Date.parse(at);
    if (atMs <= nowMs) newerMs = atMs;
    return newerMs;
  };
}
