// The rollback marker: a file in DATA_DIR that records a rollback while the journal cannot be written. A rolled-back
// upgrade must never continue forward, not even after a reboot, which only the disks survive.
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
  /** The verdict from the undo of the commit point: it cannot be determined again once the database is restored. */
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
 * Writes the marker; a written verdict is never removed. May be called again. Where the tenant's disk refuses it as
 * well, the error is ignored: little of the tenant could be undone there.
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

/** The error of a step that may not go forward because of the marker. */
export function rolledBackBefore(): AppError {
  return new AppError('io', 'an earlier agent rolled this upgrade back and could not record the reason', {
    hint: 'Check the log of that agent: it could not write its state folder.',
  });
}

/**
 * Removes the marker, once the journal holds the rollback. May be called again. Throws AppError `io` where it remains.
 */
export async function removeRollbackMarker(readContext: ReadContext, id: string): Promise<void> {
  if (findRollbackMarker(readContext.site, id) === null) return;
  const file = markerFile(readContext.site, id);
  await runScript(readContext, 'rm -f -- "$1" "$1.new"', [file]);
  if (findRollbackMarker(readContext.site, id) !== null) throw new AppError('io', `${file} cannot be removed`);
}

async function runScript({ probe, site }: ReadContext, script: string, words: string[]): Promise<void> {
  await probe({ argv: ['sh', '-c', script, 'sh', ...words], user: site.user, cwd: '/' });
}
