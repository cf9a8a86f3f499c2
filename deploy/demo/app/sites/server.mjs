// One web server for many small tenants, each with a site of its own: GET /SLUG/health says the version, GET /SLUG/notes
// lists the notes, POST /SLUG/notes adds one. Usage: server.mjs PORT DATA_DIR…
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { json } from 'node:stream/consumers';

const [port, ...folders] = process.argv.slice(2);
const sites = new Map(folders.map((folder) => [path.basename(path.dirname(folder)), folder]));
const { DatabaseSync } = await import(process.env.DEMO_SQLITE ?? 'node:sqlite');

/**
 * The database is open for one request only, so that no upgrade finds it in use. Functions in place of prepared statements:
 * these keep it open until they are collected.
 */
function runSql(folder, { sql, functions }) {
  const db = new DatabaseSync(path.join(folder, 'notes.db'));
  try {
    for (const [name, call] of Object.entries(functions)) db.function(name, call);
    db.exec(sql);
  } finally {
    db.close();
  }
}

const routes = {
  'GET health': async (folder) => {
    const [, version] = /'(.+)'/.exec(await readFile(path.join(folder, 'site.mjs'), 'utf8'));
    return [200, { status: 'ok', version }];
  },
  'GET notes': (folder) => {
    const notes = [];
    const show = (id, text) => notes.push({ id, text });
    runSql(folder, { sql: 'SELECT show(id, text) FROM notes ORDER BY id', functions: { show } });
    return [200, notes];
  },
  'POST notes': async (folder, request) => {
    const { text } = await json(request);
    runSql(folder, { sql: 'INSERT INTO notes (text) VALUES (given())', functions: { given: () => text } });
    return [201, { text }];
  },
};

async function answer(request) {
  const [, slug, name] = request.url.split('/');
  const [folder, route] = [sites.get(slug), routes[`${request.method} ${name}`]];
  if (folder === undefined || route === undefined) return [404, { error: 'not found' }];
  try {
    return await route(folder, request);
  } catch (error) {
    return [503, { error: error.message }];
  }
}

const server = http.createServer(async (request, response) => {
  const [status, body] = await answer(request);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
server.listen(Number(port), '127.0.0.1', () => console.log(`${sites.size} sites on port ${port}`));
process.once('SIGTERM', () => server.close());
