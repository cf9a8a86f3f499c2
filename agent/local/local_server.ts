// The agent's local socket, for root alone: local requests come in, the frames that a controller gets go out.
import { unlinkSync } from 'node:fs';
import http from 'node:http';
import type { Log } from '../../shared/os/log.js';
import { createDoor } from '../../shared/wire/door.js';
import {
  closeCodes,
  encodeFrame,
  localRequestSchema,
  type AgentFrame,
  type Position,
} from '../../shared/wire/protocol.js';
import { createWebSocketServer, frameText, type WebSocket } from '../../shared/wire/websocket.js';
import { agentLimits } from '../limits.js';
import { createClientSession } from '../session/client_session.js';
import { sendStream, type OpenStream } from '../session/send_stream.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { parseJson } from '../../shared/json.js';

export interface LocalServer {
  /** How many clients are connected. */
  count(): number;
  /** Calls back whenever a client has disconnected. */
  onLeave(listener: () => void): void;
  close(): Promise<void>;
}

export interface LocalOptions {
  upgrades: Scheduler;
  openStream: OpenStream;
  log: Log;
  /** Sets the process's file mode mask, and gives the one before. */
  umask: (mask: number) => number;
}

function sendFrame(socket: WebSocket, frame: AgentFrame): Promise<void> {
  return new Promise((resolve) => {
    // A client that has disconnected can ask for the stream again.
    socket.send(encodeFrame(frame), () => resolve());
  });
}

/** Handles the requests of one client until it disconnects. */
function serveClient(socket: WebSocket, { upgrades, openStream, log }: Omit<LocalOptions, 'umask'>): void {
  const send = (frame: AgentFrame) => sendFrame(socket, frame);
  const disconnected = new AbortController();
  /** Each `stored` is a reader of its own: a command may follow one upgrade twice. */
  const sendStreams = async (positions: readonly Position[]) => {
    const sending = { openStream, send, signal: disconnected.signal };
    await Promise.all(positions.map((position) => sendStream(sending, position))).catch((error: unknown) => {
      if (!disconnected.signal.aborted) throw error;
    });
  };
  const session = createClientSession({ by: 'host', upgrades, send, sendStreams, signal: disconnected.signal });
  socket.on('message', (data) => {
    const request = localRequestSchema.safeParse(parseJson(frameText(data)));
    if (!request.success) {
      socket.close(closeCodes.policyViolation, 'not a local request');
      return;
    }
    session.handle(request.data).catch((error: unknown) => {
      log.warn({ err: error }, 'a local request failed');
      socket.close(closeCodes.policyViolation, 'the local request failed');
    });
  });
  socket.on('error', (error) => log.warn({ err: error }, 'the connection to a client failed'));
  socket.on('close', () => disconnected.abort(new Error('the client has disconnected')));
}

/** Listens at `socketPath`, for the agent's own user alone. The caller holds the state folder's lock: an old socket is removed. */
export async function listenLocally(
  socketPath: string,
  { upgrades, openStream, log, umask }: LocalOptions,
): Promise<LocalServer> {
  const server = http.createServer((_request, response) => response.writeHead(426, { connection: 'close' }).end());
  const { localStrangers, localStrangerWait } = agentLimits;
  const waiting = localStrangers.max;
  const door = createDoor({ waitingMs: localStrangerWait.max, waiting, turnMs: 0, waitingOfAddress: waiting }, () =>
    performance.now(),
  );
  door.guard(server);
  const sockets = createWebSocketServer({ server });
  // It emits the errors of its HTTP server too, also the one that `listen` below rejects with.
  sockets.on('error', (error) => log.warn({ err: error }, 'the socket failed'));
  const onLeave = new Set<() => void>();

  sockets.on('connection', (socket, request) => {
    door.trust(request.socket);
    serveClient(socket, { upgrades, openStream, log });
    socket.on('close', () => {
      for (const listener of onLeave) listener();
    });
  });

  try {
    unlinkSync(socketPath);
  } catch {
    // There is none.
  }
  await listenPrivately(server, socketPath, umask);
  return {
    count: () => sockets.clients.size,
    onLeave: (listener) => void onLeave.add(listener),
    async close() {
      door.close();
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      sockets.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** The socket is born with mode 0600: between a listen and a chmod anyone could connect. */
async function listenPrivately(server: http.Server, socketPath: string, umask: LocalOptions['umask']): Promise<void> {
  const before = umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
  } finally {
    umask(before);
  }
}
