// WebSockets for agent and controller: small text messages, uncompressed.
import { Buffer } from 'node:buffer';
import { WebSocket, WebSocketServer, type ClientOptions, type RawData, type ServerOptions } from 'ws';
import { maxFrameBytes } from './protocol.js';

export type { RawData, WebSocket, WebSocketServer };

/** Deflate costs 240 KB a connection, and lets a small message expand to a large one. */
const shared = { maxPayload: maxFrameBytes, perMessageDeflate: false };

/** Starts to connect to `url`; the socket then emits `open`, `error` or `unexpected-response`. */
export function openWebSocket(url: string, options: ClientOptions = {}): WebSocket {
  return new WebSocket(url, { ...shared, ...options });
}

/** A server of WebSockets on the HTTP server that `options` names, or with `noServer` on sockets that are passed to it. */
export function createWebSocketServer(options: ServerOptions): WebSocketServer {
  return new WebSocketServer({ ...shared, ...options });
}

/** True while messages can be sent. */
export function isOpen(socket: WebSocket): boolean {
  return socket.readyState === WebSocket.OPEN;
}

/** A reason may have 123 bytes (RFC 6455, section 5.5). */
const maxReasonBytes = 123;
/** How long the other side may take to answer a close. */
const maxClosingMs = 2000;

/**
 * Closes the socket, and ends it if the other side does not answer. The reason may hold foreign text: it is cut, and
 * all but printable ASCII is replaced, so that it is never too long. May be called again.
 */
export function closeWebSocket(socket: WebSocket, { code, reason }: { code: number; reason: string }): void {
  if (!isOpen(socket)) return;
  socket.close(code, reason.slice(0, maxReasonBytes).replaceAll(/[^\u0020-\u007e]/g, '?'));
  const limit = setTimeout(() => socket.terminate(), maxClosingMs).unref();
  socket.once('close', () => clearTimeout(limit));
}

/** The text of a message, whichever way the library holds it. */
export function frameText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
