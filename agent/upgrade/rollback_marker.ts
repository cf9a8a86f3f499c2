// The rollback marker: a file beside the tenant's data which says that its upgrade was rolled back, for when the journal
// cannot say so. What was undone must never be gone forward from, not even after a boot from which only the disks came
// through.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../shared/errors.js';
import { verdicts, type Verdict } from '../../shared/model/events.js';
import { isOutOfResources } from '../command/os_errors.js';
import type { ReadContext, Site } from '../tenant/site.js';

function markerFile(site: Site, id: string): string {
  return path.join(site.dataDir, `.drover-rolled-back-${id}`);
}

export interface RollbackMarker {
  /** What undoing the commit point had found: it cannot be seen any more once the database is restored. */
  verdict: Verdict | null;
}

/** The marker of this upgrade, or null. Throws where the host is out of resources to read it. */
export function findRollbackMarker(site: Site, id: string): RollbackMarker | null {
  try {
    const text = readFileSync(markerFile(site, id), 'utf8').trim();
    return { verdict: verdicts.find((verdict) => verdict === text) ?? null };
  } catch (error) {
    if (isOutOfResources(error)) throw error;
    return null;
  }
}

/**
 * Leaves the marker; a verdict once left is not taken back. May be called again. Where even the tenant's disk takes none,
 * there is little of the tenant that could be undone.
 */
export async function writeRollbackMarker(
  readContext: ReadContext,
  id: string,
  { verdict }: RollbackMarker,
): Promise<void> {
  const marker = findRollbackMarker(readContext.site, id);
  if (marker !== null && (verdict === null || marker.verdict === verdict)) return;
  const script =
    'umask 077; printf "%s\n" "$2" >"$1.new" && sync -- "$1.new" && mv -- "$1.new" "$1" && sync -f -- "$1"';
  await runScript(readContext, script, [markerFile(readContext.site, id), verdict ?? '']).catch(() => undefined);
}

/** Why a step of an upgrade with such a marker fails instead of going forward. */
export function rolledBackBefore(): AppError {
  return new AppError('io', 'rolled back by an agent that could not write down why, and ended before it could', {
    hint: 'See its log: the state folder could not be written.',
  });
}

/** Removes the marker, once the journal says the same. May be called again. Throws AppError `io` where it stays. */
export async function removeRollbackMarker(readContext: ReadContext, id: string): Promise<void> {
  if (findRollbackMarker(readContext.site, id) === null) return;
  const file = markerFile(readContext.site, id);
  await runScript(readContext, 'rm -f -- "$1" "$1.new"', [file]);
  if (findRollbackMarker(readContext.site, id) !== null) throw new AppError('io', `${file} cannot be removed`);
}

async function runScript({ probe, site }: ReadContext, script: string, words: string[]): Promise<void> {
  await probe({ argv: ['sh', '-c', script, 'sh', ...words], user: site.user, cwd: '/' });
}
