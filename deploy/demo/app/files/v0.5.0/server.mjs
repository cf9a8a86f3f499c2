// The service: GET /health says the version, GET /stats counts the notes,
// GET /notes lists the notes, POST /notes adds one.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { openDatabase } from './db.mjs';
import { prepareNotes } from './notes.mjs';
import { version } from './version.mjs';

const db = await openDatabase();
const notes = prepareNotes(db);

const routes = {
  'GET /health': () => [200, { status: 'ok', version }],
  'GET /stats': () => [200, { notes: notes.list().length }],
  'GET /notes': () => [200, notes.list()],
  'POST /notes': async (request) => [201, notes.add(await json(request))],
};

async function answer(request) {
  const route = routes[`${request.method} ${request.url}`];
  try {
    return route === undefined ? [404, { error: 'not found' }] : await route(request);
  } catch (error) {
    return [400, { error: error.message }];
  }
}

const server = http.createServer(async (request, response) => {
  const [status, body] = await answer(request);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});

const port = Number(readFileSync(path.join(process.env.DATA_DIR, 'port'), 'utf8'));
server.listen(port, '127.0.0.1', () => console.log(`notes ${version} on port ${port}`));

// Answers what was asked, for a second at most, and goes.
process.once('SIGTERM', () => {
  server.close(() => db.close());
  setTimeout(() => server.closeAllConnections(), 1000).unref();
});
