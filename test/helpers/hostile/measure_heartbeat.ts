// The heartbeat of an agent: pings, one after the other, and how long the slowest pong took.
import { once } from 'node:events';
import type { WebSocket } from 'ws';

export interface Heartbeat {
  /** Stops after the ping under way; resolves with the longest time, in milliseconds. */
  end(): Promise<number>;
}

/** Pings from now on until `end`, with a short pause in between. */
export function measureHeartbeat(socket: WebSocket): Heartbeat {
  const ending = new AbortController();
  let worstMs = 0;
  async function beat(): Promise<void> {
    while (!ending.signal.aborted) {
      const sinceMs = performance.now();
      const answered = once(socket, 'pong');
      socket.ping();
      await answered;
      worstMs = Math.max(worstMs, performance.now() - sinceMs);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const beating = beat();
  return {
    async end() {
      ending.abort();
      await beating;
      return worstMs;
    },
  };
}
