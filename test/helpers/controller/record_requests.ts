// A proxy before a served API that keeps every request: its method, its path, and the keys that it gives.
import { once } from 'node:events';
import http from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

export interface RecordedRequest {
  method: string;
  path: string;
  /** Of its query and its body. */
  keys: string[];
}

const bodySchema = z.record(z.string(), z.unknown());

/** Passes on to `target` until the test has finished. */
export async function recordRequests(target: string): Promise<{ url: string; requests: RecordedRequest[] }> {
  const requests: RecordedRequest[] = [];
  const server = http.createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });

  async function pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const body = await text(request);
    const { pathname, searchParams } = new URL(url, target);
    const given = body === '' ? {} : bodySchema.parse(JSON.parse(body));
    requests.push({ method, path: pathname, keys: [...searchParams.keys(), ...Object.keys(given)] });
    const names = ['authorization', 'content-type', 'idempotency-key', 'last-event-id', 'prefer'];
    const headers = names.flatMap((name) => [[name, request.headers[name] ?? []].flat()]).filter(([, value]) => value);
    const sent = body === '' ? {} : { body };
    const answer = await fetch(target + url, { method, headers: Object.fromEntries(headers), ...sent });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    if (answer.body === null) response.end();
    else await pipeline(Readable.fromWeb(answer.body), response);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, requests };
}
