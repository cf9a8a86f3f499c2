// Decides when a host counts as offline for webhooks, and when as connected again: one event an outage, also where its
// connection breaks again and again.
import type { Clock } from '../../shared/os/clock.js';
import type { HostStore } from '../store/port.js';

export interface HostPresence {
  /** The host has connected, or anew; it has disconnected. */
  arrive(host: string): void;
  leave(host: string): void;
  /** Notes what has changed; to be called again and again. */
  look(): Promise<void>;
}

/** Monotonic times. */
interface Presence {
  isConnected: boolean;
  sinceMs: number;
  /** How long it was away, in all, since it was last connected for `offlineAfterMs` without a break. */
  awayMs: number;
}

/**
 * A host is offline once it was away for `offlineAfterMs` in all, and connected once it was that for as long without a
 * break. At the start no host is connected: each has the time to come back.
 */
export function createHostPresence({
  store,
  clock,
  offlineAfterMs,
}: {
  store: { hosts: Pick<HostStore, 'listOnline' | 'noteConnected' | 'noteOffline'> };
  clock: Pick<Clock, 'now' | 'monotonicMs'>;
  offlineAfterMs: number;
}): HostPresence {
  const hosts = new Map<string, Presence>();

  function change(host: string, isConnected: boolean): void {
    const nowMs = clock.monotonicMs();
    const before = hosts.get(host);
    const awayMs = before === undefined ? 0 : before.awayMs + (before.isConnected ? 0 : nowMs - before.sinceMs);
    hosts.set(host, { isConnected, sinceMs: nowMs, awayMs });
  }

  return {
    arrive: (host) => change(host, true),
    leave: (host) => change(host, false),
    async look() {
      const online = new Set(await store.hosts.listOnline());
      for (const host of online) if (!hosts.has(host)) change(host, false);
      for (const [host, presence] of hosts) {
        const lastsMs = clock.monotonicMs() - presence.sinceMs;
        if (presence.isConnected && lastsMs >= offlineAfterMs) {
          presence.awayMs = 0;
          if (!online.has(host)) await store.hosts.noteConnected(host, clock.now().toISOString());
        }
        if (!presence.isConnected && presence.awayMs + lastsMs >= offlineAfterMs && online.has(host)) {
          await store.hosts.noteOffline(host, clock.now().toISOString());
        }
      }
    },
  };
}
