// Watches the tenants' work trees for a moved HEAD: git then writes `.git/HEAD` or `.git/logs/HEAD`. Each is watched by
// a `tail` of the tenant's user, which sleeps until one of the two files changes. The agent itself opens nothing.
import { backOffMs } from '../../shared/os/back_off.js';
import type { Clock } from '../../shared/os/clock.js';
import { runInBackground } from '../command/background.js';
import { agentLimits } from '../limits.js';
import { minimalEnvironment, type Site } from '../tenant/site.js';

export interface HeadWatch {
  /** Watches only these work trees from now on, by slug. */
  follow(sites: ReadonlyMap<string, Site>): void;
  /** Returns once all watching processes have ended. */
  close(): Promise<void>;
}

export interface HeadWatchOptions {
  agentUid: number;
  clock: Clock;
  /** In [0, 1), for the pauses before a watching process is started again. */
  random: () => number;
  /** Called with the slug of a tenant whose work tree may have moved. */
  onMove: (slug: string) => void;
}

/** A process that ran so long was watching; when it ends, a change may have been missed. */
const steadyMs = 10_000;
/** Then it is replaced: a tenant may have stopped it, or led it astray by a FIFO. */
const lifetimeMs = 3_600_000;
const pauses = { firstMs: 1000, longestMs: 300_000, jitter: 0.5 };

/**
 * Arguments: `.git/HEAD` and `.git/logs/HEAD`. To open a FIFO would hang. `tail` ends with the agent, also after
 * SIGKILL: by the signal, and because nobody reads its output any more.
 */
const script = `
[ -f "$1" ] || exit 1
if [ -e "$2" ] && [ ! -f "$2" ]; then exit 1; fi
exec setpriv --pdeathsig KILL -- tail -q -n 0 -F -- "$1" "$2" 2>&1
`;

/** Watches nothing before `follow`. */
export function watchHeads({ agentUid, clock, random, onMove }: HeadWatchOptions): HeadWatch {
  const watches = new Map<string, { site: Site; stop: AbortController; ended: Promise<void> }>();
  const leaving = new Set<Promise<void>>();

  async function watchUntil(signal: AbortSignal, site: Site): Promise<void> {
    const git = site.appDir.join('.git');
    const argv = ['sh', '-c', script, 'sh', git.join('HEAD'), git.join('logs', 'HEAD')] as const;
    const command = { argv, user: site.user, cwd: '/', env: minimalEnvironment(site.user) };
    const onOutput = () => onMove(site.slug);
    for (let failures = 0; !signal.aborted; ) {
      const startedMs = clock.monotonicMs();
      const lifetime = AbortSignal.any([signal, AbortSignal.timeout(lifetimeMs)]);
      await runInBackground(command, {
        agentUid,
        onOutput,
        pauseMs: agentLimits.headReports.max,
        signal: lifetime,
      });
      if (signal.aborted) return;
      const wasSteady = clock.monotonicMs() - startedMs >= steadyMs;
      failures = wasSteady ? 0 : failures + 1;
      if (wasSteady) onMove(site.slug);
      await clock.wait(backOffMs({ ...pauses, failures }, random()), signal).catch(() => undefined);
    }
  }

  function end(slug: string): void {
    const watch = watches.get(slug);
    if (watch === undefined) return;
    watches.delete(slug);
    leaving.add(watch.ended);
    void watch.ended.then(() => leaving.delete(watch.ended));
    watch.stop.abort();
  }

  return {
    follow(sites) {
      for (const [slug, watch] of watches) {
        const site = sites.get(slug);
        if (site === undefined || !isSamePlace(site, watch.site)) end(slug);
      }
      for (const [slug, site] of sites) {
        if (watches.has(slug)) continue;
        const stop = new AbortController();
        watches.set(slug, { site, stop, ended: watchUntil(stop.signal, site) });
      }
    },
    async close() {
      for (const slug of watches.keys()) end(slug);
      await Promise.all(leaving);
    },
  };
}

/** True where one process would watch both. */
function isSamePlace(left: Site, right: Site): boolean {
  return left.user.uid === right.user.uid && left.appDir.is(right.appDir);
}
