// The hosts as `decide` sees them: from the connections of this moment, and from the store for those that are away.
import type { AgentConnections } from '../fleet/agent_connections.js';
import type { ConnectedHosts } from '../fleet/connected_hosts.js';
import type { RolloutNow } from '../store/rollouts.js';
import type { FleetNow, HostNow } from './decide/fleet_now.js';

export interface FleetView {
  isConnected(host: string): boolean;
  of(now: Pick<RolloutNow, 'seen'>): FleetNow;
}

/**
 * `startedAt` is when this controller started: nobody is away for longer than it could know. ISO 8601.
 */
export function createFleetView(options: {
  connections: Pick<AgentConnections, 'isConnected'>;
  connected: Pick<ConnectedHosts, 'find'>;
  startedAt: string;
}): FleetView {
  const { connections, connected, startedAt } = options;

  function look(host: string, now: Pick<RolloutNow, 'seen'>): HostNow {
    const here = connected.find(host);
    const isConnected = connections.isConnected(host) && here?.isConnected === true;
    if (here !== null) {
      const { since, wasAway, hasCaughtUp } = here;
      return { isConnected, since: since.toISOString(), wasAway, hasCaughtUp };
    }
    const seen = now.seen.get(host);
    const since = seen === undefined ? null : seen > startedAt ? seen : startedAt;
    return { isConnected, since, wasAway: false, hasCaughtUp: false };
  }

  return {
    isConnected: (host) => connections.isConnected(host),
    of(now) {
      const known = new Map<string, HostNow>();
      return {
        host(name) {
          const before = known.get(name);
          if (before !== undefined) return before;
          const looked = look(name, now);
          known.set(name, looked);
          return looked;
        },
      };
    },
  };
}
