// A server with its thousands of peers, each side a process of its own, for one measurement.
import { startChild, type Child } from './child.js';

/**
 * `product`: controller and simulated agents of one tenant each; `working`: the same with some tenants, which they plan and
 * upgrade; `quick`: they answer an upgrade as bare sockets do; `bare`: a bare `ws` server and sockets.
 */
export type FleetKind = 'product' | 'working' | 'quick' | 'bare';

export interface BenchFleet {
  server: Child;
  /** Of the server before anyone was connected, in bytes. */
  emptyBytes: number;
}

const serverOf = (kind: FleetKind) => (kind === 'bare' ? 'bare_server.js' : 'controller.js');

/** Calls `work` with the server and its peers connected, and ends all of them. */
export async function withFleet<T>(
  kind: FleetKind,
  size: number | { hosts: number; tenantsOfHost: number },
  work: (fleet: BenchFleet) => Promise<T>,
): Promise<T> {
  const { hosts: count, tenantsOfHost } = typeof size === 'number' ? { hosts: size, tenantsOfHost: 1 } : size;
  const server = await startChild(serverOf(kind));
  const peers = await startChild('agents.js');
  try {
    await server.ask('join', count);
    const emptyBytes = await server.ask('memory');
    await peers.ask('connect', kind, await server.ask('port'), count, tenantsOfHost);
    return await work({ server, emptyBytes });
  } finally {
    await peers.end();
    await server.end();
  }
}

/** Cuts `count` peers off at once; the seconds until all are back, and how many attempts that took. */
export async function measureStorm(kind: FleetKind, count: number): Promise<{ seconds: number; attempts: number }> {
  const server = await startChild(serverOf(kind));
  const peers = await startChild('agents.js');
  try {
    await server.ask('join', count);
    await peers.ask('last', kind, await server.ask('port'), count);
    const back = peers.ask('back', count);
    const sinceMs = performance.now();
    await server.ask('drop');
    const attempts = await back;
    return { seconds: (performance.now() - sinceMs) / 1000, attempts };
  } finally {
    await peers.end();
    await server.end();
  }
}

/** Calls `work` with one agent that sends long streams, and the port of the server that it sends them to. */
export async function withStreamer<T>(
  kind: FleetKind,
  work: (streamer: Child, port: number) => Promise<T>,
): Promise<T> {
  const server = await startChild(serverOf(kind));
  const streamer = await startChild('streamer.js');
  try {
    await server.ask('join', 1);
    return await work(streamer, await server.ask('port'));
  } finally {
    await streamer.end();
    await server.end();
  }
}
