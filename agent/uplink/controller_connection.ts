// One WebSocket to the controller, with a time limit to open, a check for silence, and backpressure.
import { frameText, isOpen, openWebSocket, type WebSocket } from '../../shared/wire/websocket.js';
import { maxFrameBytes } from '../../shared/wire/protocol.js';
import { createProxyTunnel, type Proxy, type ProxyTunnel } from './proxy.js';
import {
  reasonOfClose,
  reasonOfError,
  reasonOfProxyError,
  reasonOfProxyStatus,
  reasonOfSilence,
  reasonOfStatus,
  type DisconnectReason,
} from './disconnect_reason.js';

export interface ConnectionLimits {
  /** The time limit from the first packet to the end of the handshake, and again from there to the welcome. */
  openMs: number;
  pingMs: number;
  /** After this time without any data the connection counts as lost. */
  silenceMs: number;
}

export const connectionLimits: ConnectionLimits = { openMs: 10_000, pingMs: 15_000, silenceMs: 45_000 };

/** How long the controller may take to answer a close. */
const closeMs = 2000;
/**
 * Up to this many buffered bytes the next frame may follow at once; above it, it waits until the kernel has taken them.
 */
const drainedBytes = 64 * 1024;

export interface ControllerConnectionOptions {
  url: string;
  /** CAs that replace the system's CAs. */
  ca: string | undefined;
  /** An HTTP proxy on the way there. */
  proxy?: Proxy | undefined;
  limits: ConnectionLimits;
}

export interface ControllerConnection {
  /** Resolves when it is open; stays pending where it cannot be opened. */
  opened: Promise<void>;
  /** Resolves with the reason when it has ended or could not be opened. */
  ended: Promise<DisconnectReason>;
  /** Resolves when the next frame may be sent; rejects when the connection has ended. */
  send(text: string): Promise<void>;
  close(code: number, reason: string): void;
  /** Ends it at once, for this reason. */
  cut(reason: DisconnectReason): void;
}

/** Begins to connect; `onText` is called with each message. */
export function connectController(
  options: ControllerConnectionOptions,
  onText: (text: string) => void,
): ControllerConnection {
  const { url, limits, proxy } = options;
  const tunnel = proxy === undefined ? null : createProxyTunnel(proxy);
  const socket = openSocket(options, tunnel);
  let cause: DisconnectReason | null = null;
  const cut = (reason: DisconnectReason) => {
    cause ??= reason;
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
    const isOfProxy = proxy !== undefined && tunnel?.status() === null;
    cause ??= isOfProxy ? reasonOfProxyError(error, proxy.url) : reasonOfError(error, url);
  });
  socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
    const refused = tunnel?.status() ?? 200;
    const isOfProxy = proxy !== undefined && refused !== 200;
    cut(isOfProxy ? reasonOfProxyStatus(refused, proxy) : reasonOfStatus(statusCode, url));
  });
  for (const sign of ['open', 'ping', 'pong'] as const) socket.on(sign, hear);
  socket.on('message', (data) => {
    hear();
    onText(frameText(data));
    // Stop reading requests while the controller does not read the answers.
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

function openSocket({ url, ca, limits }: ControllerConnectionOptions, tunnel: ProxyTunnel | null): WebSocket {
  return openWebSocket(url, {
    handshakeTimeout: limits.openMs,
    ...(ca === undefined ? {} : { ca }),
    ...(tunnel === null ? {} : { agent: tunnel.agent }),
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
