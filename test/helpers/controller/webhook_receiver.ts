// A receiver of webhooks: a real HTTP server that notes what it gets, and answers as the test says.
import { EventEmitter, once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

interface Received {
  id: string;
  /** Method and path. */
  target: string;
  headers: Record<string, string>;
  body: string;
  parsed: { type: string; sequence: number; timestamp: string; data: Record<string, unknown> };
}

export interface Receiver {
  url: string;
  port: number;
  received: Received[];
  /** Returns what it got, once that is so many. */
  waitFor: (count: number) => Promise<Received[]>;
  close: () => Promise<void>;
}

type Answer = (response: ServerResponse, received: Received) => unknown;

/** Listens on loopback until the test has finished; answers 204 unless told otherwise. */
export async function openReceiver(
  answer: Answer = (response) => response.writeHead(204).end(),
  { port = 0, tls }: { port?: number; tls?: { cert: Buffer; key: Buffer } } = {},
): Promise<Receiver> {
  const received: Received[] = [];
  const changes = new EventEmitter();
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const target = `${request.method} ${request.url}`;
    const one = { id: headers['webhook-id'] ?? '', target, headers, body, parsed: JSON.parse(body) };
    received.push(one);
    answer(response, one);
    changes.emit('received');
  }
  const listener: RequestListener = (request, response) => {
    void take(request, response).catch(() => undefined);
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : 0;
  const close = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  onTestFinished(close);
  return {
    url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${actual}/in?for=drover`,
    port: actual,
    received,
    async waitFor(count) {
      while (received.length < count) await once(changes, 'received');
      return received;
    },
    close,
  };
}
