// The link: takes agents in at one path of the HTTP server, keeps one session per host, and notices who is gone.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { agentPath, closeCodes, maxFrameBytes, type ControllerFrame } from '../../shared/wire/protocol.js';
import type { Answer } from '../fleet/agent_connections.js';
import type { AgentEvents } from '../fleet/agent_events.js';
import { createSecretCheck } from '../auth/check_secret.js';
import { createRequests } from './requests.js';
import { createAgentSession, type AgentSession } from './agent_session.js';

export interface Link {
  isConnected(host: string): boolean;
  /** How many hosts are connected. */
  count(): number;
  /** False where the host is away. */
  send(host: string, frame: ControllerFrame): boolean;
  /** Sends the frame and waits for its answer. Throws AppError `offline`; rejects when `signal` aborts. */
  request(host: string, frame: Extract<ControllerFrame, { request_id: string }>, signal: AbortSignal): Promise<Answer>;
  /** Takes in the agents that come to `server`. */
  attach(server: Server): void;
  /** Closes all sessions; resolves when they are. */
  close(): Promise<void>;
}

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

export interface LinkOptions {
  events: AgentEvents;
  /** What agents identify themselves with. */
  secret: string;
  clock: Clock;
  log: Log;
  limits?: typeof linkLimits;
}

/** A connection, and when it was last heard of (monotonic). */
interface Peer {
  socket: WebSocket;
  session: AgentSession;
  openedMs: number;
  heardMs: number;
  pingedMs: number;
}

/** Takes no agents before `attach`. */
export function createLink({ events, secret, clock, log, limits = linkLimits }: LinkOptions): Link {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    autoPong: true,
  });
  const requests = createRequests();
  const peers = new Set<Peer>();
  const hosts = new Map<string, Peer>();
  const isSecret = createSecretCheck(secret);
  let isClosing = false;
  const sweeper = setInterval(sweep, limits.sweepMs).unref();

  function sweep(): void {
    const now = clock.monotonicMs();
    for (const peer of peers) {
      const { socket, session } = peer;
      if (session.host() === null && now - peer.openedMs > limits.helloMs) {
        session.close(closeCodes.policyViolation, 'no hello');
      }
      if (now - Math.max(peer.heardMs, peer.openedMs) > limits.silenceMs) {
        log.warn({ host: session.host() }, 'an agent fell silent');
        socket.terminate();
      } else if (now - peer.pingedMs > limits.pingEveryMs) {
        peer.pingedMs = now;
        socket.ping();
      }
    }
  }

  function welcomeSocket(socket: WebSocket): void {
    const now = clock.monotonicMs();
    const register = (host: string) => takePlace(peer, host);
    const session = createAgentSession({ socket, events, requests, log, register });
    const peer: Peer = { socket, session, openedMs: now, heardMs: now, pingedMs: now };
    peers.add(peer);
    const hear = () => {
      peer.heardMs = clock.monotonicMs();
    };
    socket.on('message', hear);
    socket.on('pong', hear);
    socket.on('ping', hear);
    socket.on('close', () => {
      peers.delete(peer);
      const host = session.host();
      if (host === null || hosts.get(host) !== peer) return;
      hosts.delete(host);
      requests.abandon(host);
      events
        .disconnect(host)
        .catch((error: unknown) => log.error({ host, err: error }, 'a disconnect could not be stored'));
    });
  }

  /** A newer session takes an older one's place only where that no longer answers: two that live are a mistake. */
  async function takePlace(peer: Peer, host: string): Promise<boolean> {
    const older = hosts.get(host);
    if (older !== undefined && (await isAlive(older))) {
      log.warn({ host }, 'a second agent of the same host name was turned away');
      return false;
    }
    older?.socket.terminate();
    // Its end is no parting of the host; nobody answers what was asked over it all the same.
    requests.abandon(host);
    hosts.set(host, peer);
    return true;
  }

  function isAlive({ socket }: Peer): Promise<boolean> {
    return new Promise((resolve) => {
      const proof = AbortSignal.timeout(limits.proofMs);
      const settle = (alive: boolean) => () => resolve(alive);
      proof.addEventListener('abort', settle(false));
      socket.once('pong', settle(true));
      socket.once('message', settle(true));
      socket.once('close', settle(false));
      socket.ping();
    });
  }

  function isTrusted(request: IncomingMessage): boolean {
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    return token !== undefined && isSecret(token);
  }

  const find = (host: string) => {
    const peer = hosts.get(host);
    return peer?.session.host() === host && peer.socket.readyState === peer.socket.OPEN ? peer : undefined;
  };

  return {
    isConnected: (host) => find(host) !== undefined,
    count: () => hosts.size,
    send(host, frame) {
      const peer = find(host);
      peer?.session.send(frame);
      return peer !== undefined;
    },
    async request(host, frame, signal) {
      const answer = requests.wait(host, frame.request_id, signal);
      const peer = find(host);
      if (peer === undefined) requests.abandon(host);
      else peer.session.send(frame);
      return answer;
    },
    attach(server) {
      server.on('upgrade', (request, socket, head) => {
        if (new URL(request.url ?? '/', 'http://localhost').pathname !== agentPath)
          return refuse(socket, '404 Not Found');
        if (isClosing) return refuse(socket, '503 Service Unavailable');
        if (!isTrusted(request)) {
          log.warn({ from: request.socket.remoteAddress }, 'an agent without the right secret was turned away');
          return refuse(socket, '401 Unauthorized');
        }
        sockets.handleUpgrade(request, socket, head, welcomeSocket);
      });
    },
    async close() {
      isClosing = true;
      clearInterval(sweeper);
      const closed = [...peers].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)));
      for (const { socket } of peers) socket.terminate();
      await Promise.all(closed);
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
