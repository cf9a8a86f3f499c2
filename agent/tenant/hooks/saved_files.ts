// Keeps the tenant's files that hooks may change in an archive, so that a rollback can put them back.
import { bashWords } from '../../command/own_bash.js';
import type { TenantPath } from '../../command/tenant_path.js';
import { agentLimits } from '../../limits.js';
import { minimalEnvironment, tenantCommand, type ReadContext, type RunContext } from '../site.js';
import { printMatches } from './matching_files.js';

export interface SavedFiles {
  /** Patterns of files, relative to `app_dir`: `config/*.json`, `static/**`. Folders are not matched themselves. */
  patterns: readonly string[];
  /** A path that the tenant's user can write to. */
  archive: TenantPath;
  timeLimitMs: number;
}

/** The name of an upgrade's archive. */
export function savedFilesName(upgradeId: string): string {
  return `files.backup_${upgradeId}.tar`;
}

/** True for a name that only our archives have. */
export function isSavedFilesName(name: string): boolean {
  return /^files\.backup_[0-9a-f-]+\.tar$/.test(name);
}

const save = `set -e -o pipefail${printMatches}
archive=$1; shift
print_matches "$@" | tar --null --no-recursion -T - -cf "$archive.partial"
sync "$archive.partial"
mv -fT "$archive.partial" "$archive"
sync "$(dirname "$archive")"
`;

// Without an archive the files were never saved, so no hook has run that could have changed them.
// The archive is read to its end before the first file is removed: a damaged archive must not cost files.
const putBack = `set -e -o pipefail${printMatches}
archive=$1; shift
rm -f "$archive.partial"
if [ ! -e "$archive" ]; then echo "there is no $archive: nothing to put back"; exit 0; fi
tar -tf "$archive" >/dev/null
print_matches "$@" | xargs -0r rm -f --
tar -xpf "$archive"
sync -f .
`;

const measure = `set -o pipefail${printMatches}
print_matches "$@" | du -c --block-size=1 --files0-from=- 2>/dev/null | tail -n 1 | cut -f 1
`;

/** About how large the archive of the files that match now would be; 0 where that takes too long to find out. */
export async function estimateArchive({ site, probe }: ReadContext, patterns: readonly string[]): Promise<number> {
  const argv = bashWords(measure, patterns);
  const look = { user: site.user, cwd: site.appDir, env: minimalEnvironment(site.user) };
  const found = await probe({ argv, ...look, timeLimitMs: agentLimits.tenantLook.max }).catch(() => null);
  const bytes = Number(found?.stdout ?? 0);
  return Number.isSafeInteger(bytes) ? bytes : 0;
}

/** Archives the matching files, if any. May be called again as long as the files are unchanged. */
export async function saveFiles(context: RunContext, saved: SavedFiles): Promise<void> {
  await runScript(context, saved, { key: 'save-files', script: save, title: 'save files' });
}

/**
 * Restores the archived files and removes other files that match. Folders that were made meanwhile stay. May be called
 * again.
 */
export async function putFilesBack(context: RunContext, saved: SavedFiles): Promise<void> {
  await runScript(context, saved, { key: 'put-files-back', script: putBack, title: 'put files back' });
}

async function runScript(
  { site, run }: RunContext,
  { patterns, archive, timeLimitMs }: SavedFiles,
  { key, script, title }: { key: string; script: string; title: string },
): Promise<void> {
  const argv = bashWords(script, [archive, ...patterns]);
  await run(key, tenantCommand(site, { title, argv, env: minimalEnvironment(site.user), timeLimitMs }));
}
