// The agents' connections: one per host. A connection that falls silent is closed. Two machines with one key are found out,
// whether they are connected at once or one after the other.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { closeCodes } from '../../shared/wire/protocol.js';
import { isOpen, type WebSocket } from '../../shared/wire/websocket.js';
import { explainQuarantine, type Claim, type Refused } from './admission.js';
import { createInstances } from './instances.js';
import type { AgentSession, Register } from './agent_session.js';

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

export interface Peers {
  /** Watches a connection from now on; `open` makes its session. */
  add(socket: WebSocket, address: string, open: (register: Register) => AgentSession): void;
  /** The session of a host that is connected. */
  find(host: string): AgentSession | undefined;
  /** Closes the host's session, unless it has this key. */
  endHost(host: string, why: Refused & { unlessKey?: string }): void;
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
  /** Two processes that both answer use this key. Resolves once it is durable that it is refused from now on. */
  quarantine: (key: string, places: string[]) => Promise<void>;
}

/** A connection, with monotonic times. */
interface Peer {
  socket: WebSocket;
  session: AgentSession;
  address: string;
  /** Under which it is registered. */
  claim: Claim | null;
  openedMs: number;
  heardMs: number;
  pingedMs: number;
}

/** Of a connection that ended while it was looked at. */
const gone: Refused = { code: closeCodes.goingAway, reason: 'the connection has ended' };

/** Sweeps until `close`. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createPeers({ clock, log, limits, onLeave, onReplace, quarantine }: PeersOptions): Peers {
  const peers = new Set<Peer>();
  const hosts = new Map<string, Peer>();
  const sweeper = setInterval(() => sweep(peers, { nowMs: clock.monotonicMs(), limits, log }), limits.sweepMs).unref();

  const instances = createInstances();

  /** Ends the key that is used from these two places. */
  async function endKey({ host, key }: Claim, places: string[]): Promise<Refused> {
    log.warn({ host, places }, 'two machines use the key of one host: it is refused from now on');
    await quarantine(key, places);
    const refused = { code: closeCodes.key, reason: explainQuarantine(places) };
    const connected = hosts.get(host);
    if (connected?.claim?.key === key) connected.session.close(refused.code, refused.reason);
    return refused;
  }

  /**
   * A newer connection of the same process replaces the older one, which may be half-open. One of another process
   * replaces only one that no longer answers: where both do, the key was copied. So it was where a process comes back
   * after another one: on one machine the first has ended before the second begins.
   */
  async function registerHost(peer: Peer, claim: Claim): Promise<Refused | null> {
    const { host, key, instance } = claim;
    const successor = instances.findSuccessor(claim);
    // What it sent before it ended may arrive late: it has to be there now.
    if (successor !== null) {
      return (await isAlive(peer.socket, limits.proofMs)) ? endKey(claim, [successor.address, peer.address]) : gone;
    }
    for (;;) {
      const older = hosts.get(host);
      if (older === undefined || older.claim?.key !== key || older.claim.instance === instance) {
        return replace(peer, { claim, older });
      }
      const isOlderAlive = await isAlive(older.socket, limits.proofMs);
      // Meanwhile another connection may have taken its place.
      if (hosts.get(host) !== older) continue;
      if (!isOlderAlive) return replace(peer, { claim, older });
      if (!(await isAlive(peer.socket, limits.proofMs))) return gone;
      return endKey(claim, [older.address, peer.address]);
    }
  }

  function replace(peer: Peer, { claim, older }: { claim: Claim; older: Peer | undefined }): Refused | null {
    // It may have disconnected meanwhile.
    if (!peers.has(peer)) return gone;
    older?.session.end();
    onReplace(claim.host);
    instances.note(claim, peer.address);
    hosts.set(claim.host, peer);
    peer.claim = claim;
    return null;
  }

  function remove(peer: Peer): void {
    peers.delete(peer);
    const { claim } = peer;
    if (claim === null || hosts.get(claim.host) !== peer) return;
    hosts.delete(claim.host);
    onLeave(claim.host);
  }

  return {
    add(socket, address, open) {
      const now = clock.monotonicMs();
      const session = open((claim) => registerHost(peer, claim));
      const peer: Peer = { socket, session, address, claim: null, openedMs: now, heardMs: now, pingedMs: now };
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
    endHost(host, { code, reason, unlessKey }) {
      const peer = hosts.get(host);
      if (peer !== undefined && peer.claim?.key !== unlessKey) peer.session.close(code, reason);
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
