// Deletes old journals, backups and exports after an upgrade. Ids are kept forever, as tombstones.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { AgentConfig } from '../config/agent_config.js';
import type { ReadContext } from '../tenant/site.js';
import { asideStamp, backupPath, readMemo, savedFiles } from '../upgrade/memo.js';
import type { Features } from '../upgrade/features.js';
import { findUpgrade, listUpgradeIds, listUpgradesOf, type FoundUpgrade } from '../store/find_upgrades.js';
import { readBegin } from '../store/journal_ends.js';
import type { StateFolder } from '../store/state_folder.js';
import { writeTombstone } from '../store/tombstones.js';

const isOver = ({ progress }: FoundUpgrade) => progress.finish !== null && progress.finish.hold === null;

/** Removes what an ended upgrade no longer needs. A rollback makes the exports anew. */
export async function removeExports(state: StateFolder, upgrade: FoundUpgrade): Promise<void> {
  if (!isOver(upgrade)) return;
  // Those of its tenant, and those of other accounts.
  const own = (await readdir(state.exports)).filter((name) => name.split('.')[0] === upgrade.id);
  for (const name of own) await rm(path.join(state.exports, name), { recursive: true, force: true });
}

/**
 * Removes the journals of a tenant's upgrades that are older than the limit and not among its latest. Each tombstone is
 * on the disk before its journal is deleted, so that the upgrade can never run again.
 */
export async function pruneJournals(state: StateFolder, keep: AgentConfig['keep'], now: Date): Promise<void> {
  const seen = new Map<string, number>();
  for (const id of await listUpgradeIds(state)) {
    const begin = readBegin(path.join(state.upgrades, id));
    if (begin === null) continue;
    const newer = seen.get(begin.tenant) ?? 0;
    seen.set(begin.tenant, newer + 1);
    const ageMs = now.getTime() - Date.parse(begin.at);
    if (newer < keep.upgrades || ageMs < keep.journals) continue;
    const upgrade = findUpgrade(state, id);
    if (upgrade === null || !isOver(upgrade)) continue;
    await writeTombstone(state, upgrade.id, 'ended');
    await rm(upgrade.folder, { recursive: true, force: true });
  }
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
