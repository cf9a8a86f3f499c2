// Deletes a tenant's old backups after an upgrade, as its user.
import path from 'node:path';
import { TenantPath } from '../../command/tenant_path.js';
import { readEnd, readFirstLine } from '../../store/journal_ends.js';
import type { MadeFiles } from '../../store/ledger.js';
import type { StateFolder } from '../../store/state_folder.js';
import { isSavedFilesName } from '../../tenant/hooks/saved_files.js';
import type { ReadContext } from '../../tenant/site.js';
import type { Features } from '../../upgrade/features.js';

/**
 * Removes all but the newest `keep` backups, and all but the newest `keep` databases that rollbacks set aside, by the
 * order of the tenant's ledger. It removes only files of the ledger, no backup of an upgrade in `spared`, and nothing of
 * an unresolved upgrade. May be called again.
 */
export async function pruneBackups(
  {
    state,
    features,
    readContext,
  }: { state: StateFolder; features: Pick<Features, 'database' | 'ledger'>; readContext: ReadContext },
  { keep, spared }: { keep: number; spared: ReadonlySet<string> },
): Promise<void> {
  const { database, ledger } = features;
  const newest = (await ledger.list()).toReversed();
  const aside = listOld(state, newest, { kind: 'aside', keep });
  const asidePaths = pathsOf(aside);
  if (asidePaths.length > 0) await database?.discardAside(readContext, asidePaths);
  const backups = listOld(state, newest, { kind: 'backup', keep }).filter(({ upgrade }) => !spared.has(upgrade));
  const paths = pathsOf(backups);
  const [archives, others] = [paths.filter(isArchive), paths.filter((file) => !isArchive(file))];
  if (others.length > 0) await database?.discardBackups(readContext, others);
  if (archives.length > 0) {
    await readContext.probe({ argv: ['rm', '-f', '--', ...archives], user: readContext.site.user, cwd: '/' });
  }
  if (aside.length + backups.length > 0) await ledger.remove([...aside, ...backups]);
}

/** What is of none of the newest `keep` upgrades that made such files, and of no unresolved one. */
function listOld(
  state: StateFolder,
  newest: readonly MadeFiles[],
  { kind, keep }: { kind: MadeFiles['kind']; keep: number },
): MadeFiles[] {
  const ofKind = newest.filter((made) => made.kind === kind);
  const old = [...new Set(ofKind.map(({ upgrade }) => upgrade))].slice(keep);
  const resolved = new Set(old.filter((upgrade) => isResolved(state, upgrade)));
  return ofKind.filter(({ upgrade }) => resolved.has(upgrade));
}

/** True where its journal is gone, or ends without a hold; only its end is read. */
export function isResolved({ upgrades }: StateFolder, id: string): boolean {
  const folder = path.join(upgrades, id);
  const end = readEnd(folder);
  return end === null ? readFirstLine(folder) === null : end.hold === null;
}

const pathsOf = (made: readonly MadeFiles[]) => made.flatMap(({ paths }) => paths.map((text) => new TenantPath(text)));
const isArchive = ({ name }: TenantPath) => isSavedFilesName(name);
