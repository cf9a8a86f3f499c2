// Which hosts are here, since when, and whether they have told all that they did. In memory: a controller that restarts has no
// host connected, and each tells it again.
import type { Clock } from '../../shared/os/clock.js';

export interface Presence {
  /** When it connected, or disconnected. */
  since: Date;
  isConnected: boolean;
  /** It had been away for longer than a blink before it connected. */
  wasAway: boolean;
  /** Everything is stored that it announced when it connected. */
  hasCaughtUp: boolean;
}

export interface ConnectedHosts {
  connect(host: string): void;
  disconnect(host: string): void;
  catchUp(host: string): void;
  /** Null for a host that has not been here since this controller started. */
  find(host: string): Presence | null;
}

/** A shorter absence is none: a line that broke, or an agent that restarted. */
const blinkMs = 60_000;

/** Calls `onChange` after each change. */
export function createConnectedHosts({ clock, onChange }: { clock: Clock; onChange: () => void }): ConnectedHosts {
  const hosts = new Map<string, Presence>();
  return {
    connect(host) {
      const before = hosts.get(host);
      const now = clock.now();
      const wasAway = before !== undefined && !before.isConnected && now.getTime() - before.since.getTime() > blinkMs;
      hosts.set(host, { since: now, isConnected: true, wasAway, hasCaughtUp: false });
      onChange();
    },
    disconnect(host) {
      hosts.set(host, { since: clock.now(), isConnected: false, wasAway: false, hasCaughtUp: false });
      onChange();
    },
    catchUp(host) {
      const presence = hosts.get(host);
      if (presence === undefined || !presence.isConnected) return;
      hosts.set(host, { ...presence, hasCaughtUp: true });
      onChange();
    },
    find: (host) => hosts.get(host) ?? null,
  };
}
