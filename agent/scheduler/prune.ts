// Deletes old journals, backups and exports after an upgrade. Ids are kept forever, as tombstones.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { agentLimits } from '../limits.js';
import type { AgentConfig } from '../config/agent_config.js';
import type { ReadContext } from '../tenant/site.js';
import { asideStamp, backupPath, readMemo, savedFiles } from '../upgrade/memo.js';
import type { Features } from '../upgrade/features.js';
import { findUpgrade, listUpgradeIds, listUpgradesOf, type FoundUpgrade } from '../store/find_upgrades.js';
import { endsIdle, readBegin } from '../store/journal_ends.js';
import type { StateFolder } from '../store/state_folder.js';
import type { Tombstones } from '../store/tombstones.js';

const isOver = ({ progress }: FoundUpgrade) => progress.finish !== null && progress.finish.hold === null;

/** Removes what an ended upgrade no longer needs. A rollback makes the exports anew. */
export async function removeExports(state: StateFolder, upgrade: FoundUpgrade): Promise<void> {
  if (!isOver(upgrade)) return;
  // Those of its tenant, and those of other accounts.
  const own = (await readdir(state.exports)).filter((name) => name.split('.')[0] === upgrade.id);
  for (const name of own) await rm(path.join(state.exports, name), { recursive: true, force: true });
}

/**
 * Removes the journals of a tenant's upgrades that are older than the limit and not among its latest, and all but the
 * latest of those that never touched it. The order is that in which they began here. Each tombstone is on the disk before
 * its journal is deleted, so that the upgrade can never run again. A journal that cannot be pruned does not stop the
 * others: `onError` is called with it.
 */
export async function pruneJournals(
  { state, tombstones }: { state: StateFolder; tombstones: Pick<Tombstones, 'remember'> },
  keep: AgentConfig['keep'],
  { now, onError }: { now: Date; onError: (id: string, error: unknown) => void },
): Promise<void> {
  const count = createCounter();
  const dateOf = createDating(now.getTime());
  for (const id of await listUpgradeIds(state)) {
    await nextTurn();
    const folder = path.join(state.upgrades, id);
    const begin = readBegin(folder);
    if (begin === null) continue;
    const ageMs = now.getTime() - dateOf(begin.at);
    const isIdle = endsIdle(folder);
    const newer = count(`${begin.tenant} ${isIdle}`);
    const isOld = newer >= keep.upgrades && ageMs >= keep.journals;
    if (!isOld && !(isIdle && newer >= agentLimits.idleUpgrades.max)) continue;
    try {
      const upgrade = findUpgrade(state, id);
      if (upgrade === null || !isOver(upgrade) || (!isOld && upgrade.progress.begun.size > 0)) continue;
      await tombstones.remember(id, { why: 'ended' });
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      onError(id, error);
    }
  }
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

/**
 * Removes the backups of a tenant's older upgrades, and the databases that their rollbacks set aside. It removes only
 * files that journals name, and none of an unresolved upgrade. May be called again.
 */
export async function pruneBackups(
  {
    state,
    features,
    readContext,
  }: { state: StateFolder; features: Pick<Features, 'database'>; readContext: ReadContext },
  { tenant, keep }: { tenant: string; keep: number },
): Promise<void> {
  const made: { backup: string | undefined; archive: string | undefined }[] = [];
  const stamps: string[] = [];
  for await (const upgrade of listUpgradesOf(state, tenant)) {
    if (!isOver(upgrade)) continue;
    const stamp = readMemo(upgrade.events, asideStamp);
    if (stamp !== undefined) stamps.push(stamp);
    const entry = { backup: readMemo(upgrade.events, backupPath), archive: readMemo(upgrade.events, savedFiles) };
    if (entry.backup !== undefined || entry.archive !== undefined) made.push(entry);
  }
  if (stamps.length > keep) await features.database?.discardAside(readContext, stamps.slice(keep));
  const old = made.slice(keep);
  const backups = old.flatMap(({ backup }) => backup ?? []);
  const archives = old.flatMap(({ archive }) => archive ?? []);
  if (backups.length > 0) await features.database?.discardBackups(readContext, backups);
  if (archives.length === 0) return;
  await readContext.probe({ argv: ['rm', '-f', '--', ...archives], user: readContext.site.user, cwd: '/' });
}
