// The door of a server: bounds what peers cost until they have proved who they are. Every socket has an error listener
// from its first moment, so that no peer's reset ends the process.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isLoopback } from '../os/loopback.js';

export interface DoorLimits {
  /** A socket that has not proved itself is destroyed after this time, whatever it sends or reads. */
  waitingMs: number;
  /**
   * So many sockets may wait. One more displaces the oldest of them that owes the server its next word, once that has had
   * its turn; before that the newcomer is turned away itself.
   */
  waiting: number;
  /** How long a socket may take for that word before a newer one displaces it. */
  turnMs: number;
  /** The same of one address. Loopback and proxies have no such limit: many peers share their addresses. */
  waitingOfAddress: number;
}

export interface Door {
  /** Watches every socket of this server from now on. May be called again. */
  guard(server: Server): void;
  /**
   * The peer has said who it is, and the server has not judged that yet. Meanwhile no newer peer displaces it: who comes
   * while all that wait are such ones is turned away itself.
   */
  hear(socket: Duplex): void;
  /** That is judged, and was not good enough. May be called again. */
  dismiss(socket: Duplex): void;
  /** The peer has proved who it is: its socket is no longer bounded here. May be called again. */
  trust(socket: Duplex): void;
  /** How many sockets wait to be trusted. */
  waiting(): number;
  /** Ends the door's timer. The sockets are the server's to close. */
  close(): void;
}

interface Waiter {
  sinceMs: number;
  address: string;
  end: string;
  forget: () => void;
}

/** Sockets that wait: how many, those of them that were refused, and those that owe their next word, the oldest first. */
interface Crowd {
  count: number;
  refused: Set<Duplex>;
  silent: Set<Duplex>;
}

const nobody = (): Crowd => ({ count: 0, refused: new Set(), silent: new Set() });

/**
 * An attacker who connects without end displaces its own older sockets, once they have had their turn; who proves itself
 * at once gets through. Where peers come faster than they can be served, as after the server's start, those that are in
 * get their turn and those that are heard are judged in their order; the others have to come again.
 * `isProxy` says of an address that it is a proxy's.
 */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createDoor(
  limits: DoorLimits,
  monotonicMs: () => number,
  isProxy: (address: string) => boolean = () => false,
): Door {
  const guarded = new WeakSet<Server>();
  /** The oldest first. */
  const waiting = new Map<Duplex, Waiter>();
  const everyone = nobody();
  const byAddress = new Map<string, Crowd>();
  /** Of a server with TLS: the sockets that wait by their far end, and of each socket after its handshake that below it. */
  const byEnd = new Map<string, Duplex>();
  const below = new WeakMap<Duplex, Duplex>();
  let timer: NodeJS.Timeout | null = null;

  function leave(socket: Duplex): void {
    const entry = waiting.get(socket);
    if (entry === undefined) return;
    waiting.delete(socket);
    byEnd.delete(entry.end);
    socket.off('close', entry.forget);
    for (const crowd of crowdsOf(entry)) {
      crowd.count -= 1;
      crowd.refused.delete(socket);
      crowd.silent.delete(socket);
    }
    if (byAddress.get(entry.address)?.count === 0) byAddress.delete(entry.address);
  }

  function crowdsOf({ address }: Waiter): Crowd[] {
    const others = byAddress.get(address);
    return others === undefined ? [everyone] : [everyone, others];
  }

  function turnAway(socket: Duplex): void {
    leave(socket);
    socket.destroy();
  }

  /** Turns one of them away that was refused, or else the oldest that has had its turn; false where there is none. */
  function makeRoom({ refused, silent }: Crowd): boolean {
    const [socket] = refused.size > 0 ? refused : silent;
    if (socket === undefined) return false;
    const isItsTurn = refused.size === 0 && monotonicMs() - (waiting.get(socket)?.sinceMs ?? 0) < limits.turnMs;
    if (!isItsTurn) turnAway(socket);
    return !isItsTurn;
  }

  function note(given: Duplex, isRefused: boolean): void {
    const socket = below.get(given) ?? given;
    const waiter = waiting.get(socket);
    if (waiter === undefined) return;
    for (const { refused, silent } of crowdsOf(waiter)) {
      silent.delete(socket);
      if (isRefused) refused.add(socket);
    }
  }

  function turnAwayLate(): void {
    timer = null;
    const nowMs = monotonicMs();
    for (const [socket, { sinceMs }] of waiting) {
      if (nowMs - sinceMs < limits.waitingMs) return wakeAfter(limits.waitingMs - (nowMs - sinceMs));
      turnAway(socket);
    }
  }

  function wakeAfter(ms: number): void {
    timer ??= setTimeout(turnAwayLate, Math.ceil(ms)).unref();
  }

  function admit(socket: Socket): void {
    socket.on('error', ignoreError);
    // A server on both families sees IPv4 like this.
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const isShared = isLoopback(address) || isProxy(address);
    const others = byAddress.get(address) ?? nobody();
    if (!isShared && others.count >= limits.waitingOfAddress && !makeRoom(others)) return void socket.destroy();
    if (everyone.count >= limits.waiting && !makeRoom(everyone)) return void socket.destroy();
    const forget = () => leave(socket);
    const end = endOf(socket);
    byEnd.set(end, socket);
    // To make room may have left nobody of this address.
    byAddress.set(address, others);
    for (const crowd of [everyone, others]) {
      crowd.count += 1;
      crowd.silent.add(socket);
    }
    waiting.set(socket, { sinceMs: monotonicMs(), address, end, forget });
    socket.once('close', forget);
    wakeAfter(limits.waitingMs);
  }

  return {
    guard(server) {
      if (guarded.has(server)) return;
      guarded.add(server);
      server.on('connection', admit);
      // Requests come over a socket of TLS, which Node makes over the one that was admitted.
      server.on('secureConnection', (secure: Socket) => {
        secure.on('error', ignoreError);
        const socket = byEnd.get(endOf(secure));
        if (socket !== undefined) below.set(secure, socket);
      });
    },
    hear: (socket) => note(socket, false),
    dismiss: (socket) => note(socket, true),
    trust: (socket) => leave(below.get(socket) ?? socket),
    waiting: () => waiting.size,
    close() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

const endOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

/** Node destroys a socket after its error; without a listener the error would end the process. */
function ignoreError(): void {
  // Who the peer is and what it wanted is not known yet, so there is nothing to say about it.
}

/** How long a refused peer may take to read the answer. */
const lingerMs = 1000;

/** Answers an upgrade request with a status and nothing else, and destroys its socket soon, also under a peer that stays. */
export function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // The end of what the peer sends is seen only by reading.
  socket.resume();
  const limit = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(limit));
}
