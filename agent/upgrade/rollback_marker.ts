// The rollback marker: a file in DATA_DIR that records a rollback while the journal cannot be written. A rolled-back
// upgrade must never continue forward, not even after a reboot, which only the disks survive.
import { AppError } from '../../shared/errors.js';
import { verdicts, type Verdict } from '../../shared/model/journal/events.js';
import { isOutOfResources } from '../command/os_errors.js';
import type { TenantPath } from '../command/tenant_path.js';
import { agentLimits } from '../limits.js';
import type { ReadContext, Site } from '../tenant/site.js';
import { lookAt } from '../tenant/tenant_files.js';

export interface RollbackMarker {
  /** The verdict from the undo of the commit point: it cannot be determined again once the database is restored. */
  verdict: Verdict | null;
}

/** How often a look that fails is repeated. */
const maxLooks = 3;

/** Prints `absent`, or `present` and the first word of the file. It uses no other program, for want of processes. */
const readScript = `
if [ ! -e "$1" ] && [ ! -L "$1" ]; then echo absent; exit; fi
verdict=
if [ -f "$1" ]; then read -r verdict rest <"$1"; fi
echo "present $verdict"
`;

/** A written verdict is never removed. */
const writeScript = `
umask 077
verdict=
if [ -f "$1" ]; then
  read -r verdict <"$1"
  if [ "$2" = "" ] || [ "$2" = "$verdict" ]; then exit 0; fi
fi
rm -rf -- "$1.new"
printf "%s\\n" "$2" >"$1.new" && sync -- "$1.new" && mv -T -- "$1.new" "$1" && sync -f -- "$1"
`;

function markerFile(site: Site, id: string): TenantPath {
  return site.dataDir.join(`.drover-rolled-back-${id}`);
}

/**
 * The marker of this upgrade, or null. Whatever is at its path counts, and so does a marker that cannot be read: what
 * was rolled back must not go forward. Throws where the host is out of resources to read it, and on abort.
 */
export async function findRollbackMarker(readContext: ReadContext, id: string): Promise<RollbackMarker | null> {
  const { probe, site, signal } = readContext;
  const untilMs = agentLimits.rollbackMarker.max;
  const look = { script: readScript, words: [markerFile(site, id)], timeLimitMs: untilMs };
  for (let looks = 0; looks < maxLooks; looks += 1) {
    try {
      const { stdout } = await lookAt({ probe, user: site.user }, look);
      const [state, word] = stdout.trim().split(' ');
      if (state === 'absent') return null;
      if (state === 'present') return { verdict: verdicts.find((verdict) => verdict === word) ?? null };
    } catch (error) {
      signal.throwIfAborted();
      if (isOutOfResources(error)) throw error;
      if (error instanceof AppError && error.code === 'time-limit') break;
    }
  }
  return { verdict: null };
}

/**
 * Writes the marker; a written verdict is never removed. May be called again. Where the tenant's disk refuses it as
 * well, the error is ignored: little of the tenant could be undone there. Throws where the host is out of resources.
 */
export async function writeRollbackMarker(
  readContext: ReadContext,
  id: string,
  { verdict }: RollbackMarker,
): Promise<void> {
  await change(readContext, writeScript, [markerFile(readContext.site, id), verdict ?? '']);
}

/** The error of a step that may not go forward because of the marker. */
export function rolledBackBefore(): AppError {
  return new AppError('io', 'an earlier agent rolled this upgrade back and could not record the reason', {
    hint: 'Check the log of that agent: it could not write its state folder.',
  });
}

/**
 * Removes the marker, once the journal holds the rollback. May be called again. A tenant that keeps it does no harm: it
 * bars only this upgrade, which has ended. Throws where the host is out of resources.
 */
export async function removeRollbackMarker(readContext: ReadContext, id: string): Promise<void> {
  await change(readContext, 'rm -rf -- "$1" "$1.new"', [markerFile(readContext.site, id)]);
}

async function change({ probe, site }: ReadContext, script: string, words: readonly (string | TenantPath)[]) {
  const look = { script, words, timeLimitMs: agentLimits.rollbackMarker.max };
  await lookAt({ probe, user: site.user }, look).catch((error: unknown) => {
    if (isOutOfResources(error)) throw error;
  });
}
