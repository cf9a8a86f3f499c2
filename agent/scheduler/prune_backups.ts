// Deletes a tenant's old backups after an upgrade, as its user.
import { TenantPath } from '../command/tenant_path.js';
import { listUpgradesOf } from '../store/find_upgrades.js';
import type { StateFolder } from '../store/state_folder.js';
import type { ReadContext } from '../tenant/site.js';
import type { Features } from '../upgrade/features.js';
import { asideStamp, backupPath, readMemo, savedFiles } from '../upgrade/memo.js';
import { isOver } from './prune.js';

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
  const backups = old.flatMap(({ backup }) => (backup === undefined ? [] : new TenantPath(backup)));
  const archives = old.flatMap(({ archive }) => (archive === undefined ? [] : new TenantPath(archive)));
  if (backups.length > 0) await features.database?.discardBackups(readContext, backups);
  if (archives.length === 0) return;
  await readContext.probe({ argv: ['rm', '-f', '--', ...archives], user: readContext.site.user, cwd: '/' });
}
