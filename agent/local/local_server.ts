// The agent's local socket: root's own way in, speaking the same frames as a controller.
import { unlinkSync } from 'node:fs';
import http from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Log } from '../../shared/os/log.js';
import {
  closeCodes,
  localRequestSchema,
  maxFrameBytes,
  type AgentFrame,
  type Position,
} from '../../shared/wire/protocol.js';
import { frameText } from '../../shared/wire/frame_text.js';
import { createOperatorSession } from '../session/client_session.js';
import { sendStream, type OpenStream } from '../session/send_stream.js';
import type { Marks } from '../scheduler/marks.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { parseJson } from '../../shared/json.js';

export interface LocalServer {
  /** How many listeners are connected. */
  count(): number;
  onLeave(listener: () => void): void;
  close(): Promise<void>;
}

export interface LocalOptions {
  upgrades: Scheduler;
  marks: Marks;
  openStream: OpenStream;
  log: Log;
}

function sendFrame(socket: WebSocket, frame: AgentFrame): Promise<void> {
  return new Promise((resolve) => {
    // A listener that has gone misses nothing that it could not ask for again.
    socket.send(JSON.stringify(frame), () => resolve());
  });
}

/** Listens at `socketPath`, for the agent's own user alone. The state folder's lock must be held: a left socket goes. */
export async function listenLocally(
  socketPath: string,
  { upgrades, marks, openStream, log }: LocalOptions,
): Promise<LocalServer> {
  const server = http.createServer((_request, response) => response.writeHead(426).end());
  const sockets = new WebSocketServer({ server, maxPayload: maxFrameBytes, perMessageDeflate: false });
  // It passes the errors of its server on, also the one that `listen` below rejects with.
  sockets.on('error', (error) => log.warn({ err: error }, 'the socket failed'));
  const leavers = new Set<() => void>();

  sockets.on('connection', (socket) => {
    const send = (frame: AgentFrame) => sendFrame(socket, frame);
    const gone = new AbortController();
    /** Each `stored` is a reader of its own: a command may watch one upgrade twice. */
    const sendStreams = async (positions: readonly Position[]) => {
      const telling = { openStream, send, signal: gone.signal };
      await Promise.all(positions.map((position) => sendStream(telling, position))).catch((error: unknown) => {
        if (!gone.signal.aborted) throw error;
      });
    };
    const listener = createOperatorSession({ upgrades, marks, send, sendStreams });
    socket.on('message', (data) => {
      const frame = localRequestSchema.safeParse(parseJson(frameText(data)));
      if (!frame.success) {
        socket.close(closeCodes.policyViolation, 'not a frame of this protocol');
        return;
      }
      listener.handle(frame.data).catch((error: unknown) => {
        log.warn({ err: error }, 'a frame could not be handled');
        socket.close(closeCodes.policyViolation, 'the frame could not be handled');
      });
    });
    socket.on('error', (error) => log.warn({ err: error }, 'a listener failed'));
    socket.on('close', () => {
      gone.abort(new Error('the listener has gone'));
      for (const leave of leavers) leave();
    });
  });

  try {
    unlinkSync(socketPath);
  } catch {
    // None was left behind.
  }
  await listenPrivately(server, socketPath);
  return {
    count: () => sockets.clients.size,
    onLeave: (listener) => void leavers.add(listener),
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** The socket is born with mode 0600: between a listen and a chmod anyone could connect. */
async function listenPrivately(server: http.Server, socketPath: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
  } finally {
    process.umask(before);
  }
}
