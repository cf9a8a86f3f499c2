// The rules about a target's host: it is there, has told all that it knows, and has not just come back.
import type { StoredTarget } from '../../../store/rollouts.js';
import type { Rule, Wait } from '../rule.js';

export const offline: Rule = {
  name: 'offline',
  prepare: ({ fleet }) =>
    ofHost((host) => {
      const { isConnected, since } = fleet.host(host);
      if (isConnected) return null;
      const seen = since === null ? 'it has never connected' : `since ${since.slice(0, 16)}Z`;
      return { rule: 'offline', text: `${host} is offline (${seen})`, until: null };
    }),
};

export const catchingUp: Rule = {
  name: 'catching-up',
  prepare: ({ fleet }) =>
    ofHost((host) =>
      fleet.host(host).hasCaughtUp
        ? null
        : { rule: 'catching-up', text: `${host} is still telling what it has done`, until: null },
    ),
};

/** What is the same for all targets of a host is found once. */
function ofHost(find: (host: string) => Wait | null): (target: StoredTarget) => Wait | null {
  const known = new Map<string, Wait | null>();
  return ({ host }) => {
    const before = known.get(host);
    if (before !== undefined) return before;
    const wait = find(host);
    known.set(host, wait);
    return wait;
  };
}

/** Tenants of hosts that come back together start one after the other. */
export const reconnect: Rule = {
  name: 'reconnect',
  prepare({ now: { rollout }, fleet, at }) {
    const jitterMs = rollout.settings.reconnect_jitter_s * 1000;
    const atMs = Date.parse(at);
    return ({ host, slug }) => {
      const { wasAway, since } = fleet.host(host);
      if (!wasAway || since === null || jitterMs === 0) return null;
      const endMs = Date.parse(since) + Math.floor(partOf(slug) * jitterMs);
      if (endMs <= atMs) return null;
      return { rule: 'reconnect', text: `${host} has just come back`, until: new Date(endMs).toISOString() };
    };
  },
};

/** A number from 0 to 1 that is always the same for a slug (FNV-1a, mixed as MurmurHash3 does). */
function partOf(slug: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < slug.length; at += 1) hash = Math.imul(hash ^ slug.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
