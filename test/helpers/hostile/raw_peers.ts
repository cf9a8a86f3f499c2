// Peers below HTTP: raw bytes, resets, and sockets that stay half-open.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

export interface RawPeer {
  socket: Socket;
  /** What came back so far. */
  received: () => string;
  /** Resolves when the other side has ended its half of the connection, or the connection has failed. */
  ended: Promise<void>;
}

/** Where a server listens: a port of loopback, or the path of a socket. */
export type RawPlace = number | string;

/** Connects and sends these bytes. It never closes its own half: that is up to the server. */
export async function openRawPeer(place: RawPlace, bytes: string | Uint8Array = ''): Promise<RawPeer> {
  const options = typeof place === 'number' ? { port: place, host: '127.0.0.1' } : { path: place };
  const socket = connect({ ...options, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => void chunks.push(chunk));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const ended = Promise.race([closed, new Promise<void>((resolve) => socket.once('end', () => resolve()))]);
  await once(socket, 'connect');
  if (bytes.length > 0) socket.write(bytes);
  return { socket, ended, received: () => Buffer.concat(chunks).toString('latin1') };
}

/** An upgrade request for this target, with these headers besides those of a WebSocket. */
export function upgradeRequest(target: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: 'controller',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** How many descriptors the process has open. */
export function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
