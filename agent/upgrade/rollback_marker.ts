// A mark beside the tenant's data that its upgrade was turned back, for when the journal cannot say so: what was undone
// must never be gone forward from, not even after a boot from which only the disks came through.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../shared/errors.js';
import { verdicts, type Verdict } from '../../shared/model/events.js';
import { isOutOfResources } from '../command/os_errors.js';
import type { ReadContext, Site } from '../tenant/site.js';

function markerFile(site: Site, id: string): string {
  return path.join(site.dataDir, `.drover-turned-back-${id}`);
}

export interface RollbackMarker {
  /** What undoing the commit point had found: it cannot be seen any more once the database is restored. */
  verdict: Verdict | null;
}

/** The mark of this upgrade, or null. Throws where the host has no means to look. */
export function findRollbackMarker(site: Site, id: string): RollbackMarker | null {
  try {
    const text = readFileSync(markerFile(site, id), 'utf8').trim();
    return { verdict: verdicts.find((verdict) => verdict === text) ?? null };
  } catch (error) {
    if (isOutOfResources(error)) throw error;
    return null;
  }
}

/** Leaves the mark; a verdict once left is not taken back. Where even the tenant's disk takes none, there is little of the tenant that could be undone. */
export async function writeRollbackMarker(
  readContext: ReadContext,
  id: string,
  { verdict }: RollbackMarker,
): Promise<void> {
  const mark = findRollbackMarker(readContext.site, id);
  if (mark !== null && (verdict === null || mark.verdict === verdict)) return;
  const script =
    'umask 077; printf "%s\n" "$2" >"$1.new" && sync -- "$1.new" && mv -- "$1.new" "$1" && sync -f -- "$1"';
  await runScript(readContext, script, [markerFile(readContext.site, id), verdict ?? '']).catch(() => undefined);
}

/** Why an upgrade with such a mark goes back. */
export function rolledBackBefore(): AppError {
  return new AppError('io', 'turned back by an agent that could not write down why, and ended before it could', {
    hint: 'See its log: the state folder could not be written.',
  });
}

/** Removes the mark, once the journal says the same. May be called again. */
export async function removeRollbackMarker(readContext: ReadContext, id: string): Promise<void> {
  if (findRollbackMarker(readContext.site, id) === null) return;
  const file = markerFile(readContext.site, id);
  await runScript(readContext, 'rm -f -- "$1" "$1.new"', [file]);
  if (findRollbackMarker(readContext.site, id) !== null) throw new AppError('io', `${file} cannot be removed`);
}

async function runScript({ probe, site }: ReadContext, script: string, words: string[]): Promise<void> {
  await probe({ argv: ['sh', '-c', script, 'sh', ...words], user: site.user, cwd: '/' });
}
