// Puts the tenants of a rollout into waves: a canary that shows as much as its size allows, then waves that are spread over
// hosts.
import { sizeOfShare, type RolloutSettings } from '../../../shared/model/rollout.js';
import type { Arrange, Candidate } from '../../store/rollouts.js';
import { createIsThere } from '../decide/compare_version.js';

/** How many hosts a canary should cover at least. */
const severalHosts = 2;

/** Arranges the candidates of a rollout of this version; `approved` are the classes that the canary is to cover. */
export function createArrange(options: {
  version: string;
  settings: RolloutSettings;
  approved: readonly string[] | null;
}): Arrange {
  const { version, settings, approved } = options;
  return (candidates) => {
    const isThere = createIsThere(version);
    const skipped = candidates.filter((candidate) => isThere(candidate.version)).map(({ slug }) => slug);
    const targets = spreadOverHosts(candidates.filter((candidate) => !isThere(candidate.version)));
    const canary = pickCanary(targets, sizeOfShare(settings.canary, targets.length), approved ?? []);
    const chosen = new Set(canary);
    const waves = [{ name: 'canary', slugs: canary.map(({ slug }) => slug) }];
    const rest = targets.filter((target) => !chosen.has(target)).map(({ slug }) => slug);
    let from = 0;
    for (const share of settings.waves) {
      if (from >= rest.length) break;
      const until = from + sizeOfShare(share, targets.length);
      waves.push({ name: share, slugs: rest.slice(from, until) });
      from = until;
    }
    if (from < rest.length) waves.push({ name: 'rest', slugs: rest.slice(from) });
    return {
      waves: targets.length === 0 ? [] : waves,
      skipped,
      canary_misses: findMisses(targets, canary, approved ?? []),
      budget: sizeOfShare(settings.failures, targets.length),
    };
  };
}

/** One of each host, then the second of each host, and so on: neighbours are of different hosts where that can be. */
function spreadOverHosts(candidates: readonly Candidate[]): Candidate[] {
  const byHost = new Map<string, Candidate[]>();
  for (const candidate of candidates.toSorted((a, b) => (a.slug < b.slug ? -1 : 1))) {
    const own = byHost.get(candidate.host) ?? [];
    byHost.set(candidate.host, own);
    own.push(candidate);
  }
  const hosts = [...byHost.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, own]) => own);
  const spread: Candidate[] = [];
  for (let round = 0; spread.length < candidates.length; round += 1) {
    for (const own of hosts) {
      const candidate = own[round];
      if (candidate !== undefined) spread.push(candidate);
    }
  }
  return spread;
}

/** One of each approved class first, each on a new host where that can be; then more hosts. Connected hosts come first. */
function pickCanary(targets: readonly Candidate[], size: number, approved: readonly string[]): Candidate[] {
  const ordered = [
    ...targets.filter((target) => target.is_connected),
    ...targets.filter((target) => !target.is_connected),
  ];
  const chosen = new Set<Candidate>();
  const hosts = new Set<string>();
  const take = (candidate: Candidate | undefined) => {
    if (candidate === undefined || chosen.size >= size) return;
    chosen.add(candidate);
    hosts.add(candidate.host);
  };
  const byClass = new Map<string, Candidate[]>(approved.map((planClass) => [planClass, []]));
  for (const target of ordered) if (target.plan_class !== null) byClass.get(target.plan_class)?.push(target);
  const ofNewHost = (among: readonly Candidate[]) => among.find(({ host }) => !hosts.has(host));
  for (const own of byClass.values()) take(ofNewHost(own) ?? own[0]);
  // Only those that may run show anything.
  const runnable = new Set([...byClass.values()].flat());
  const inOrder = approved.length === 0 ? ordered : ordered.filter((target) => runnable.has(target));
  for (const target of inOrder) if (!hosts.has(target.host)) take(target);
  for (const target of [...inOrder, ...ordered]) if (!chosen.has(target)) take(target);
  return [...chosen];
}

/** What a canary of this size does not show. */
function findMisses(
  targets: readonly Candidate[],
  canary: readonly Candidate[],
  approved: readonly string[],
): string[] {
  const covered = new Set(canary.map((candidate) => candidate.plan_class));
  const misses = approved
    .filter((planClass) => !covered.has(planClass) && targets.some((target) => target.plan_class === planClass))
    .map((planClass) => `the plan ${planClass.slice(0, 8)}`);
  const hosts = new Set(targets.map(({ host }) => host)).size;
  const own = new Set(canary.map(({ host }) => host)).size;
  if (own < Math.min(severalHosts, hosts)) misses.push(`other hosts: it is on ${own} of ${hosts}`);
  return misses;
}
