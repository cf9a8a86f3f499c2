// A server with its thousands of peers, each side a process of its own, for one measurement.
import { startChild, type Child } from './child.js';

/** `product`: controller and simulated agents; `bare`: a bare `ws` server and sockets. */
export type FleetKind = 'product' | 'bare';

export interface BenchFleet {
  server: Child;
  /** Of the server before anyone was connected, in bytes. */
  emptyBytes: number;
}

/** Calls `work` with the server and `count` peers connected, and ends all of them. */
export async function withFleet<T>(
  kind: FleetKind,
  count: number,
  work: (fleet: BenchFleet) => Promise<T>,
): Promise<T> {
  const server = await startChild(kind === 'bare' ? 'bare_server.js' : 'controller.js');
  const peers = await startChild('agents.js');
  try {
    const emptyBytes = await server.ask('memory');
    await peers.ask('connect', kind, await server.ask('port'), count);
    return await work({ server, emptyBytes });
  } finally {
    await peers.end();
    await server.end();
  }
}
