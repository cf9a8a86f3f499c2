// The connections of agents: one a host, and those that are silent are closed.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { closeCodes } from '../../shared/wire/protocol.js';
import { isOpen, type WebSocket } from '../../shared/wire/websocket.js';
import type { AgentSession } from './agent_session.js';

/** All in milliseconds. */
export const linkLimits = {
  /** Who has not said hello by then is closed. */
  helloMs: 10_000,
  pingEveryMs: 15_000,
  /** Who was not heard for so long is gone; with the sweep's own pause that is noticed within 45 s. */
  silenceMs: 40_000,
  /** An older session of the same host has so long to show that it is there. */
  proofMs: 5000,
  sweepMs: 5000,
};

/** Takes the place of a host; false where another agent of that name has it. */
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
  /** A newer connection of a host has taken the place of one that no longer answers. */
  onReplace: (host: string) => void;
}

/** A connection, and when it was last heard of (monotonic). */
interface Peer {
  socket: WebSocket;
  session: AgentSession;
  openedMs: number;
  heardMs: number;
  pingedMs: number;
}

/** Sweeps until `close`. */
export function createPeers({ clock, log, limits, onLeave, onReplace }: PeersOptions): Peers {
  const peers = new Set<Peer>();
  const hosts = new Map<string, Peer>();
  const sweeper = setInterval(() => sweep(peers, { nowMs: clock.monotonicMs(), limits, log }), limits.sweepMs).unref();

  /** A newer session takes an older one's place only where that no longer answers: two that live are a mistake. */
  async function takePlace(peer: Peer, host: string): Promise<boolean> {
    const older = hosts.get(host);
    if (older !== undefined && (await isAlive(older.socket, limits.proofMs))) {
      log.warn({ host }, 'a second agent of the same host name was turned away');
      return false;
    }
    older?.socket.terminate();
    onReplace(host);
    hosts.set(host, peer);
    return true;
  }

  function remove(peer: Peer): void {
    peers.delete(peer);
    const host = peer.session.host();
    if (host === null || hosts.get(host) !== peer) return;
    hosts.delete(host);
    onLeave(host);
  }

  return {
    add(socket, open) {
      const now = clock.monotonicMs();
      const session = open((host) => takePlace(peer, host));
      const peer: Peer = { socket, session, openedMs: now, heardMs: now, pingedMs: now };
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
      for (const { socket } of peers) socket.terminate();
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
      log.warn({ host: session.host() }, 'an agent fell silent');
      socket.terminate();
    } else if (nowMs - peer.pingedMs > limits.pingEveryMs) {
      peer.pingedMs = nowMs;
      socket.ping();
    }
  }
}

function isAlive(socket: WebSocket, proofMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const proof = AbortSignal.timeout(proofMs);
    const settle = (alive: boolean) => () => resolve(alive);
    proof.addEventListener('abort', settle(false));
    socket.once('pong', settle(true));
    socket.once('message', settle(true));
    socket.once('close', settle(false));
    socket.ping();
  });
}
