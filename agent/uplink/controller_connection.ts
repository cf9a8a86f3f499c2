// One WebSocket to the controller: opened with a time limit, watched for silence, and never fed faster than it drains.
import { frameText, isOpen, openWebSocket, type WebSocket } from '../../shared/wire/websocket.js';
import { maxFrameBytes } from '../../shared/wire/protocol.js';
import {
  reasonOfClose,
  reasonOfError,
  reasonOfSilence,
  reasonOfStatus,
  type DisconnectReason,
} from './disconnect_reason.js';

export interface ConnectionLimits {
  /** From the first packet to the end of the handshake, and from there to the welcome. */
  openMs: number;
  pingMs: number;
  /** Without anything heard for so long the other end counts as gone. */
  silenceMs: number;
}

export const connectionLimits: ConnectionLimits = { openMs: 10_000, pingMs: 15_000, silenceMs: 45_000 };

/** How long the other end may take to say goodbye. */
const closeMs = 2000;
/** Up to this the next frame may follow at once; from then on it waits until the kernel has taken this one. */
const drainedBytes = 64 * 1024;

export interface ControllerConnectionOptions {
  url: string;
  secret: string;
  /** Trusted instead of the system's authorities. */
  ca: string | undefined;
  limits: ConnectionLimits;
}

export interface ControllerConnection {
  /** Resolves when it is open; never where that fails. */
  opened: Promise<void>;
  /** Resolves when it has ended, or could not be opened, with why. */
  ended: Promise<DisconnectReason>;
  /** Resolves when the next frame may be sent; rejects when the connection has ended. */
  send(text: string): Promise<void>;
  close(code: number, reason: string): void;
  /** Ends it at once, for this reason. */
  cut(absence: DisconnectReason): void;
}

/** Begins to connect; `onText` is called with each message. */
export function connectController(
  options: ControllerConnectionOptions,
  onText: (text: string) => void,
): ControllerConnection {
  const { url, limits } = options;
  const socket = openSocket(options);
  let cause: DisconnectReason | null = null;
  const cut = (absence: DisconnectReason) => {
    cause ??= absence;
    socket.terminate();
  };
  const pinging = setInterval(() => {
    if (isOpen(socket)) socket.ping();
  }, limits.pingMs);
  const silence = setTimeout(() => cut(reasonOfSilence(limits.silenceMs, 'anything')), limits.silenceMs);
  const hear = () => silence.refresh();
  const ended = new Promise<DisconnectReason>((resolve) => {
    socket.once('close', (code, reason) => {
      clearInterval(pinging);
      clearTimeout(silence);
      resolve(cause ?? reasonOfClose(code, reason.toString()));
    });
  });
  socket.on('error', (error) => {
    cause ??= reasonOfError(error, url);
  });
  socket.on('unexpected-response', (_request, { statusCode }) => cut(reasonOfStatus(statusCode ?? 0, url)));
  for (const sign of ['open', 'ping', 'pong'] as const) socket.on(sign, hear);
  socket.on('message', (data) => {
    hear();
    onText(frameText(data));
    // Who does not take the answers gets no more questions answered.
    if (socket.bufferedAmount > maxFrameBytes) socket.pause();
  });
  return {
    opened: new Promise((resolve) => {
      socket.once('open', resolve);
    }),
    ended,
    cut,
    close(code, reason) {
      socket.close(code, reason);
      const limit = setTimeout(() => socket.terminate(), closeMs);
      void ended.then(() => clearTimeout(limit));
    },
    send: (text) => sendText(socket, text),
  };
}

function openSocket({ url, secret, ca, limits }: ControllerConnectionOptions): WebSocket {
  return openWebSocket(url, {
    headers: { authorization: `Bearer ${secret}` },
    handshakeTimeout: limits.openMs,
    ...(ca === undefined ? {} : { ca }),
  });
}

function sendText(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!isOpen(socket)) {
      reject(new Error('the connection has ended'));
      return;
    }
    socket.send(text, (error) => {
      if (socket.isPaused && socket.bufferedAmount <= drainedBytes) socket.resume();
      if (error instanceof Error) reject(error);
      else resolve();
    });
    if (socket.bufferedAmount <= drainedBytes) resolve();
  });
}
