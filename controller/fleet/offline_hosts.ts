// Finds hosts that have been away for a while, so that webhooks are told of them and not of each short interruption.
import type { Clock } from '../../shared/os/clock.js';
import type { HostStore } from '../store/port.js';
import type { AgentConnections } from './agent_connections.js';

/** A host that is back sooner was not offline: its agent or its controller was started anew, or its line broke. */
const graceMs = 60_000;

export interface OfflineHosts {
  /** Notes those that have been away since a look at least a minute ago. Call it again and again. */
  look(): Promise<void>;
}

/** At the start no host is connected: each has the time to come back. */
export function createOfflineHosts({
  store,
  connections,
  clock,
}: {
  store: { hosts: Pick<HostStore, 'listOnline' | 'noteOffline'> };
  connections: Pick<AgentConnections, 'isConnected'>;
  clock: Pick<Clock, 'now' | 'monotonicMs'>;
}): OfflineHosts {
  let away = new Map<string, number>();
  return {
    async look() {
      const nowMs = clock.monotonicMs();
      const online = await store.hosts.listOnline();
      const still = online.filter((host) => !connections.isConnected(host));
      away = new Map(still.map((host) => [host, away.get(host) ?? nowMs]));
      for (const [host, sinceMs] of away) {
        if (nowMs - sinceMs < graceMs || connections.isConnected(host)) continue;
        await store.hosts.noteOffline(host, clock.now().toISOString());
        away.delete(host);
      }
    },
  };
}
