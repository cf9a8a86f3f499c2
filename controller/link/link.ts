// The link: accepts agents at one path of the HTTP server, keeps one session per host, and detects dead connections.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../shared/os/clock.js';
import { createLimitedLog } from '../../shared/os/limited_log.js';
import type { Log } from '../../shared/os/log.js';
import { refuseUpgrade, type Door } from '../../shared/wire/door.js';
import { agentPath, closeCodes, type ControllerFrame, type WaitingState } from '../../shared/wire/protocol.js';
import { closeWebSocket, createWebSocketServer, type WebSocket } from '../../shared/wire/websocket.js';
import type { Answer } from '../fleet/agent_connections.js';
import type { AgentEvents } from '../fleet/agent_events.js';
import { pathOf } from '../auth/guard.js';
import { createFailures } from '../auth/failures.js';
import { createProxies, type Proxies } from '../auth/proxies.js';
import { openDoor } from '../auth/open_door.js';
import { controllerLimits } from '../limits.js';
import type { JoinStore } from '../store/joining.js';
import { createAdmission, enrollFirst, type Refused } from './admission.js';
import { createRequests } from './requests.js';
import { createAgentSession } from './agent_session.js';
import { createConduct } from './conduct.js';
import { createFrameQueue } from './frame_queue.js';
import { createPeers, linkLimits } from './peers.js';

export interface Link {
  isConnected(host: string): boolean;
  /** How far the host says that an upgrade is which has not begun; null where it has not said. */
  stateOf(host: string, upgrade: string): WaitingState | null;
  /** How many hosts are connected. */
  count(): number;
  /** Sends a frame and does not wait; false when the host is offline. */
  send(host: string, frame: ControllerFrame | string): boolean;
  /** Sends the frame and waits for its answer. Throws AppError `offline`; rejects when `signal` aborts. */
  request(host: string, frame: Extract<ControllerFrame, { request_id: string }>, signal: AbortSignal): Promise<Answer>;
  /** Closes the host's session with this reason, if it is connected. */
  endHost(host: string, why: Refused): void;
  /** Accepts agents on `server`. */
  attach(server: Server): void;
  /** Closes all sessions; resolves when they are closed. */
  close(): Promise<void>;
}

export interface LinkOptions {
  events: AgentEvents;
  joins: JoinStore;
  randomBytes: (bytes: number) => Buffer;
  /** True for a host and port by which agents may dial this controller. */
  isOwnAuthority: (authority: string) => boolean;
  clock: Clock;
  log: Log;
  limits?: typeof linkLimits;
  /** Of the server that the link is attached to; without it the link makes one. */
  door?: Door | undefined;
  proxies?: Pick<Proxies, 'addressOf'> | undefined;
}

/** Accepts no agents before `attach`. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createLink(options: LinkOptions): Link {
  const { events, joins, clock, log, limits = linkLimits, proxies = createProxies([]) } = options;
  const monotonicMs = () => clock.monotonicMs();
  const door = options.door ?? openDoor(monotonicMs);
  const conduct = createConduct(monotonicMs);
  const frames = createFrameQueue(monotonicMs);
  const refusals = createLimitedLog(log, { clock, perMinute: controllerLimits.refusalLines.max });
  const sockets = createWebSocketServer({ noServer: true });
  const requests = createRequests();
  const { randomBytes, isOwnAuthority } = options;
  const admission = createAdmission({ joins, randomBytes, now: () => clock.now(), isOwnAuthority });
  let isClosing = false;
  const peers = createPeers({
    clock,
    log,
    limits,
    onLeave(host) {
      requests.abandon(host);
      events
        .disconnect(host)
        .catch((error: unknown) => log.error({ host, err: error }, 'a disconnect could not be stored'));
    },
    // The host stays connected, but requests over its older connection get no answer.
    onReplace: (host) => requests.abandon(host),
    quarantine: (key, places) => joins.quarantine({ key, places, at: clock.now().toISOString() }),
  });

  /** What every session uses. */
  const failures = createFailures(monotonicMs, refusals);
  const shared = { events, requests, clock, log: refusals, frames, conduct, failures, admission };

  function serve(socket: WebSocket, request: IncomingMessage): void {
    const { socket: stream } = request;
    const address = proxies.addressOf(request);
    const unbind = bindStranger(stream);
    // Its first frame is all that a stranger has to say.
    socket.once('message', () => door.hear(stream));
    const onAdmit = () => {
      unbind();
      door.trust(stream);
    };
    const onRefuse = () => door.dismiss(stream);
    const endOthers = (host: string, unlessKey: string) =>
      peers.endHost(host, { code: closeCodes.key, reason: 'its key was replaced', unlessKey });
    peers.add(socket, address, (register) =>
      createAgentSession({ ...shared, socket, address, register, onAdmit, onRefuse, endOthers }),
    );
  }

  /** An agent of before keys sends the secret that there was. It would take no frame of today. */
  function refuseOldAgent(socket: WebSocket, request: IncomingMessage): void {
    refusals.warn(
      { from: proxies.addressOf(request) },
      'refused an agent of a version before keys: its host has to be enrolled',
    );
    closeWebSocket(socket, { code: closeCodes.version, reason: enrollFirst });
  }

  return {
    isConnected: (host) => peers.find(host) !== undefined,
    stateOf: (host, upgrade) => peers.find(host)?.stateOf(upgrade) ?? null,
    count: () => peers.count(),
    endHost: (host, why) => peers.endHost(host, why),
    send(host, frame) {
      const session = peers.find(host);
      session?.send(frame);
      return session !== undefined;
    },
    async request(host, frame, signal) {
      const answer = requests.wait(host, frame.request_id, signal);
      const session = peers.find(host);
      if (session === undefined) requests.abandon(host);
      else session.send(frame);
      return answer;
    },
    attach(server) {
      door.guard(server);
      server.on('upgrade', (request, socket, head) => {
        if (pathOf(request.url ?? '') !== agentPath) return refuseUpgrade(socket, '404 Not Found');
        if (isClosing) return refuseUpgrade(socket, '503 Service Unavailable');
        const take = request.headers.authorization === undefined ? serve : refuseOldAgent;
        sockets.handleUpgrade(request, socket, head, (accepted) => take(accepted, request));
      });
    },
    async close() {
      isClosing = true;
      door.close();
      frames.close();
      await peers.close();
    },
  };
}

/** Destroys the socket once it has sent more than a stranger may; returns how to end that. */
function bindStranger(socket: Socket): () => void {
  let left: number = controllerLimits.strangerBytes.max;
  const count = (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  };
  socket.on('data', count);
  return () => void socket.off('data', count);
}
