// The control of a bench's controller: a bare `ws` server that stores nothing, or only what a bare loop stores.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { WebSocketServer, type WebSocket } from 'ws';
import { frameText } from '../../../shared/wire/websocket.js';
import { answerQuestions, measureResidentBytes } from './child.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'drover-bench-bare-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('disconnect', () => process.exit(0));

const batchRows = 100;
const database = new DatabaseSync(path.join(folder, 'bare.db'));
database.exec(
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE records (n INTEGER PRIMARY KEY, body TEXT)',
);
const insert = database.prepare('INSERT INTO records (body) VALUES (?)');

const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
await once(sockets, 'listening');
let awaited = 0;
let onAll: () => void = () => undefined;
let batch: string[] = [];

function storeBatch(): void {
  database.exec('BEGIN IMMEDIATE');
  for (const body of batch) insert.run(body);
  database.exec('COMMIT');
  batch = [];
}

/** What a message asks for: `answer` is counted, `record` is stored in batches, `chunk` is only parsed, `end` is answered. */
function take(socket: WebSocket, text: string): void {
  const message: { type: string; body?: unknown } = JSON.parse(text);
  if (message.type === 'answer' && (awaited -= 1) === 0) onAll();
  if (message.type === 'record') {
    batch.push(JSON.stringify(message.body));
    if (batch.length >= batchRows) storeBatch();
  }
  if (message.type !== 'end') return;
  if (batch.length > 0) storeBatch();
  socket.send('{"type":"stored"}');
}

sockets.on('connection', (socket) => socket.on('message', (data) => take(socket, frameText(data))));

/** Sends a message to each of these peers; the milliseconds until each has answered. */
async function broadcast(from: number, until: number): Promise<number> {
  const sinceMs = performance.now();
  const asked = [...sockets.clients].slice(from, until);
  awaited = asked.length;
  const all = new Promise<void>((resolve) => {
    onAll = resolve;
  });
  const id = '019ab6a1-7f00-7cc1-9a8e-2f0d7d3c5b11';
  const request = { version: 'v0.2.0', force: false, allow_downgrade: false, from: null, commit: null };
  for (const socket of asked) {
    socket.send(JSON.stringify({ type: 'upgrade', id, tenant: 't1', request, start_within_ms: 3_600_000 }));
  }
  await all;
  return performance.now() - sinceMs;
}

answerQuestions({
  join: () => 0,
  port: () => {
    const address = sockets.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  },
  connected: () => sockets.clients.size,
  drop() {
    const dropped = sockets.clients.size;
    for (const socket of sockets.clients) socket.terminate();
    return dropped;
  },
  broadcast: () => broadcast(0, sockets.clients.size),
  wave: (from, until) => broadcast(Number(from), Number(until)),
  memory: () => measureResidentBytes(),
});
