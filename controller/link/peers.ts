// The agents' connections: one per host. A connection that falls silent is closed.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { closeCodes } from '../../shared/wire/protocol.js';
import { isOpen, type WebSocket } from '../../shared/wire/websocket.js';
import type { AgentSession } from './agent_session.js';

/** All in milliseconds. */
export const linkLimits = {
  /** A connection without `hello` is closed after this time. */
  helloMs: 10_000,
  pingEveryMs: 15_000,
  /** A connection that receives nothing for this long is closed. With `sweepMs` that takes at most 45 s. */
  silenceMs: 40_000,
  /** How long an older session of the same host has to answer a ping. */
  proofMs: 5000,
  sweepMs: 5000,
};

/** Registers the session under its host name; false while another live agent has that name. */
export type Register = (host: string) => Promise<boolean>;

export interface Peers {
  /** Watches a connection from now on; `open` makes its session. */
  add(socket: WebSocket, open: (register: Register) => AgentSession): void;
  /** The session of a host that is connected. */
  find(host: string): AgentSession | undefined;
  /** How many hosts are connected. */
  count(): number;
  /** Closes all connections; resolves when they are closed. */
  close(): Promise<void>;
}

export interface PeersOptions {
  clock: Clock;
  log: Log;
  limits: typeof linkLimits;
  /** A host has disconnected. */
  onLeave: (host: string) => void;
  /** A newer connection of a host has replaced one that no longer answers. */
  onReplace: (host: string) => void;
}

/** A connection, with monotonic times. */
interface Peer {
  socket: WebSocket;
  session: AgentSession;
  /** The name under which it is registered. */
  name: string | null;
  openedMs: number;
  heardMs: number;
  pingedMs: number;
}

/** Sweeps until `close`. */
export function createPeers({ clock, log, limits, onLeave, onReplace }: PeersOptions): Peers {
  const peers = new Set<Peer>();
  const hosts = new Map<string, Peer>();
  const sweeper = setInterval(() => sweep(peers, { nowMs: clock.monotonicMs(), limits, log }), limits.sweepMs).unref();

  /** A newer session replaces only one that no longer answers: two live agents of one host are a mistake. */
  async function registerHost(peer: Peer, host: string): Promise<boolean> {
    const older = hosts.get(host);
    if (older !== undefined && (await isAlive(older.socket, limits.proofMs))) {
      log.warn({ host }, 'refused a second agent of the same host name');
      return false;
    }
    // It may have disconnected meanwhile.
    if (!peers.has(peer)) return false;
    older?.session.end();
    onReplace(host);
    hosts.set(host, peer);
    peer.name = host;
    return true;
  }

  function remove(peer: Peer): void {
    peers.delete(peer);
    const { name } = peer;
    if (name === null || hosts.get(name) !== peer) return;
    hosts.delete(name);
    onLeave(name);
  }

  return {
    add(socket, open) {
      const now = clock.monotonicMs();
      const session = open((host) => registerHost(peer, host));
      const peer: Peer = { socket, session, name: null, openedMs: now, heardMs: now, pingedMs: now };
      peers.add(peer);
      const hear = () => {
        peer.heardMs = clock.monotonicMs();
      };
      for (const sign of ['message', 'ping', 'pong'] as const) socket.on(sign, hear);
      socket.on('close', () => remove(peer));
    },
    find(host) {
      const peer = hosts.get(host);
      return peer?.session.host() === host && isOpen(peer.socket) ? peer.session : undefined;
    },
    count: () => hosts.size,
    async close() {
      clearInterval(sweeper);
      const closed = [...peers].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)));
      for (const { session } of peers) session.end();
      await Promise.all(closed);
    },
  };
}

function sweep(
  peers: ReadonlySet<Peer>,
  { nowMs, limits, log }: { nowMs: number; limits: typeof linkLimits; log: Log },
): void {
  for (const peer of peers) {
    const { socket, session } = peer;
    if (session.host() === null && nowMs - peer.openedMs > limits.helloMs) {
      session.close(closeCodes.policyViolation, 'no hello');
    }
    if (nowMs - Math.max(peer.heardMs, peer.openedMs) > limits.silenceMs) {
      log.warn({ host: session.host() }, 'closed the connection of a silent agent');
      session.end();
    } else if (nowMs - peer.pingedMs > limits.pingEveryMs) {
      peer.pingedMs = nowMs;
      socket.ping();
    }
  }
}

const signs = ['pong', 'message', 'close'] as const;

function isAlive(socket: WebSocket, proofMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const proofs = { pong: () => settle(true), message: () => settle(true), close: () => settle(false) };
    const limit = setTimeout(() => settle(false), proofMs);
    // A peer that asks again and again must leave no listeners.
    function settle(alive: boolean): void {
      clearTimeout(limit);
      for (const sign of signs) socket.off(sign, proofs[sign]);
      resolve(alive);
    }
    for (const sign of signs) socket.once(sign, proofs[sign]);
    socket.ping();
  });
}
