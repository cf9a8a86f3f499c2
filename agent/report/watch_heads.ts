// Watches the tenants' work trees for a moved HEAD: git then writes `.git/HEAD` or `.git/logs/HEAD`. Those of a user are
// watched by a few `tail`s of that user, which sleep until one of the files changes. The agent itself opens nothing.
import { backOffMs } from '../../shared/os/back_off.js';
import type { Clock } from '../../shared/os/clock.js';
import { runInBackground } from '../command/background.js';
import { agentLimits } from '../limits.js';
import { minimalEnvironment, type Site } from '../tenant/site.js';

export interface HeadWatch {
  /** Watches only these work trees from now on. */
  follow(sites: readonly Site[]): void;
  /** Returns once all watching processes have ended. */
  close(): Promise<void>;
}

export interface HeadWatchOptions {
  agentUid: number;
  clock: Clock;
  /** In [0, 1), for the pauses before a watching process is started again. */
  random: () => number;
  /** Called with the slugs of tenants of which one's work tree may have moved. */
  onMove: (slugs: readonly string[]) => void;
}

/** A process that ran so long was watching; when it ends, a change may have been missed. */
const steadyMs = 10_000;
/** Then it is replaced: a tenant may have stopped it, or led it astray by a FIFO. */
const lifetimeMs = 3_600_000;
const pauses = { firstMs: 1000, longestMs: 300_000, jitter: 0.5 };
/** So many tenants of a user share a process: one that moves its HEAD in a loop makes them all be looked at. */
const mostTogether = 25;

/**
 * Arguments: `.git/HEAD` and `.git/logs/HEAD` of each. To open a FIFO would hang: such a tenant is left out until the
 * process is replaced. `tail` ends with the agent, also after SIGKILL: by the signal, and because nobody reads its output
 * any more.
 */
const script = `
count=$#
while [ "$count" -gt 0 ]; do
  if [ -f "$1" ] && { [ ! -e "$2" ] || [ -f "$2" ]; }; then set -- "$@" "$1" "$2"; fi
  shift 2
  count=$((count - 2))
done
[ $# -gt 0 ] || exit 1
exec setpriv --pdeathsig KILL -- tail -q -n 0 -F -- "$@" 2>&1
`;

type Group = readonly [Site, ...Site[]];

/** Watches nothing before `follow`. */
export function watchHeads({ agentUid, clock, random, onMove }: HeadWatchOptions): HeadWatch {
  const watches = new Map<string, { stop: AbortController; ended: Promise<void> }>();
  const leaving = new Set<Promise<void>>();

  async function watchUntil(signal: AbortSignal, group: Group): Promise<void> {
    const [{ user }] = group;
    const slugs = group.map(({ slug }) => slug);
    const files = group.flatMap(({ appDir }) => [appDir.join('.git', 'HEAD'), appDir.join('.git', 'logs', 'HEAD')]);
    const argv = ['sh', '-c', script, 'sh', ...files] as const;
    const command = { argv, user, cwd: '/', env: minimalEnvironment(user) };
    for (let failures = 0; !signal.aborted; ) {
      const startedMs = clock.monotonicMs();
      const lifetime = AbortSignal.any([signal, AbortSignal.timeout(lifetimeMs)]);
      await runInBackground(command, {
        agentUid,
        onOutput: () => onMove(slugs),
        pauseMs: agentLimits.headReports.max,
        signal: lifetime,
      });
      if (signal.aborted) return;
      const wasSteady = clock.monotonicMs() - startedMs >= steadyMs;
      failures = wasSteady ? 0 : failures + 1;
      if (wasSteady) onMove(slugs);
      await clock.wait(backOffMs({ ...pauses, failures }, random()), signal).catch(() => undefined);
    }
  }

  function end(key: string): void {
    const watch = watches.get(key);
    if (watch === undefined) return;
    watches.delete(key);
    leaving.add(watch.ended);
    void watch.ended.then(() => leaving.delete(watch.ended));
    watch.stop.abort();
  }

  return {
    follow(sites) {
      const groups = new Map(groupSites(sites).map((group) => [keyOf(group), group]));
      for (const key of watches.keys()) if (!groups.has(key)) end(key);
      for (const [key, group] of groups) {
        if (watches.has(key)) continue;
        const stop = new AbortController();
        watches.set(key, { stop, ended: watchUntil(stop.signal, group) });
      }
    },
    async close() {
      for (const key of watches.keys()) end(key);
      await Promise.all(leaving);
    },
  };
}

/** Those of a user in groups, in order of their slugs. */
function groupSites(sites: readonly Site[]): Group[] {
  const ofUser = new Map<number, [Site, ...Site[]][]>();
  for (const site of sites.toSorted((left, right) => (left.slug < right.slug ? -1 : 1))) {
    const groups = ofUser.get(site.user.uid) ?? [];
    const last = groups.at(-1);
    if (last !== undefined && last.length < mostTogether) last.push(site);
    else groups.push([site]);
    ofUser.set(site.user.uid, groups);
  }
  return [...ofUser.values()].flat();
}

/** Equal for groups that one process would watch. */
function keyOf(group: Group): string {
  return JSON.stringify(group.map(({ slug, appDir, user }) => [slug, appDir, user.uid]));
}
