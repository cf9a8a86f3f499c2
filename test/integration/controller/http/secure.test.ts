// The HTTP server over TLS: its door bounds strangers as it does without, and a token opens it.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../../shared/os/clock.js';
import { createDoor } from '../../../../shared/wire/door.js';
import { makeAuthority } from '../../../helpers/certificates.js';
import { serve, token } from '../../../helpers/controller/serve_api.js';

let folder: string;
let ca: Buffer;
let pair: { cert: Buffer; key: Buffer };
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover_tls_'));
  const authority = makeAuthority(folder);
  const { cert_file: cert, key_file: key } = authority.issue('server');
  ca = readFileSync(authority.caFile);
  pair = { cert: readFileSync(cert), key: readFileSync(key) };
});
afterAll(() => rmSync(folder, { recursive: true }));

function serveSecurely(waitingMs: number) {
  const door = createDoor({ waitingMs, waiting: 100, turnMs: 0, waitingOfAddress: 100 }, () =>
    systemClock.monotonicMs(),
  );
  return serve({ door, makeServer: (options, listener) => https.createServer({ ...options, ...pair }, listener) }).then(
    (served) => ({ ...served, door }),
  );
}

it('ends who shows no token in time, before the handshake and after it', async () => {
  const { port, door } = await serveSecurely(200);
  const silent = connect(port, '127.0.0.1');
  const shaken = tls.connect({ port, host: '127.0.0.1', ca });
  await once(shaken, 'secureConnect');
  for (const socket of [silent, shaken]) socket.on('error', () => undefined).resume();
  await Promise.all([once(silent, 'close'), once(shaken, 'close')]);
  expect(door.waiting()).toBe(0);
});

it('no longer bounds a connection with a token', async () => {
  const { port, door } = await serveSecurely(60_000);
  const agent = new https.Agent({ keepAlive: true, ca });
  onTestFinished(() => agent.destroy());
  const headers = { authorization: `Bearer ${token}` };
  const request = https.get({ port, host: '127.0.0.1', path: '/api/v1/hosts', headers, agent });
  const [response] = await once(request, 'response');
  expect(door.waiting()).toBe(0);
  expect(response.statusCode).toBe(200);
  await text(response);
});

it('answers plain HTTP with nothing, and goes on', async () => {
  const { port } = await serveSecurely(60_000);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await text(socket).catch(() => '')).not.toContain('HTTP');
  const [response] = await once(https.get({ port, host: '127.0.0.1', path: '/healthz', ca }), 'response');
  expect(JSON.parse(await text(response))).toMatchObject({ status: 'ok' });
});
