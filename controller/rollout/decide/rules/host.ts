// The rules about a target's host: it is there, has told all that it knows, and has not just come back.
import type { StoredTarget } from '../../../store/rollouts.js';
import type { FleetNow, HostNow } from '../fleet_now.js';
import type { Rule, Wait } from '../rule.js';

export const offline: Rule = {
  name: 'offline',
  prepare: ({ fleet }) =>
    ofHost(fleet, {
      isHeld: ({ isConnected }) => !isConnected,
      explain(host, { since }) {
        const seen = since === null ? 'it has never connected' : `since ${since.slice(0, 16)}Z`;
        return { rule: 'offline', text: `${host} is offline (${seen})`, until: null };
      },
    }),
};

export const catchingUp: Rule = {
  name: 'catching-up',
  prepare: ({ fleet }) =>
    ofHost(fleet, {
      isHeld: ({ hasCaughtUp }) => !hasCaughtUp,
      explain: (host) => ({ rule: 'catching-up', text: `${host} is still telling what it has done`, until: null }),
    }),
};

interface HostRule {
  isHeld: (host: HostNow) => boolean;
  explain: (name: string, host: HostNow) => Wait;
}

/** What all tenants of a host wait for is said once. Most hosts hold none. */
function ofHost(fleet: FleetNow, { isHeld, explain }: HostRule): (target: StoredTarget) => Wait | null {
  const known = new Map<string, Wait>();
  return ({ host: name }) => {
    const host = fleet.host(name);
    if (!isHeld(host)) return null;
    const wait = known.get(name) ?? explain(name, host);
    known.set(name, wait);
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
