// Who may ask, from where, and how much: what is refused of any request.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { problemSchema } from '../../../../shared/wire/api.js';
import { createProxies } from '../../../../controller/auth/proxies.js';
import { testKind, webhookEventKinds } from '../../../../shared/model/webhook_events.js';
import { routes } from '../../../../controller/http/routes.js';
import { serve, token } from '../../../helpers/controller/serve_api.js';

const closed = routes.filter(({ rule }) => rule !== null);
/** The store of this test has nothing else. */
const known = closed.filter(({ path }) => !/\/(?:rollouts|freezes)(?:\/|$)/.test(path));
const named = { slug: 'testsite', host: 'h1', id: 'one', name: 'anna', sequence: '1' };
const fill = (path: string) =>
  Object.entries(named).reduce((filled, [key, name]) => filled.replace(`:${key}`, name), path);
/** Of routes whose body cannot be empty, by the end of their path. */
const bodies: [string, object][] = [
  ['/marks', { tag: 'v1', as: 'none' }],
  ['/move', { host: 'h2' }],
  ['/webhooks', { name: 'anna', url: 'https://127.0.0.1:9/' }],
  ['/tokens', { name: 'anna', role: 'viewer' }],
];

/** What the server answers to these bytes, until it closes the connection. */
async function speak(port: number, words: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(words);
  return text(socket);
}

describe('a request without the token', () => {
  it('is refused by every route but those that are open to everyone', async () => {
    expect(routes.filter(({ rule }) => rule === null).map(({ path }) => path)).toEqual(['/healthz', '/readyz']);
    const { url, fleet } = await serve({ proxies: createProxies(['127.0.0.1']) });
    fleet.add('one');
    let asked = 0;
    const headers: [string, Record<string, string>][] = [
      ['none', {}],
      ['a wrong one', { authorization: `Bearer ${token}x` }],
      ['its beginning', { authorization: `Bearer ${token.slice(0, -1)}` }],
      ['an empty one', { authorization: 'Bearer ' }],
      ['another scheme', { authorization: `Basic ${btoa(`drover:${token}`)}` }],
      ['the token alone', { authorization: token }],
    ];
    for (const { method, path } of closed) {
      for (const [what, credential] of headers) {
        asked += 1;
        const from = { 'x-forwarded-for': `192.0.2.${asked % 250}` };
        const response = await fetch(url + fill(path), { method, headers: { ...from, ...credential } });
        expect(response.status, `${method} ${path} with ${what}`).toBe(401);
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
        expect(problemSchema.parse(await response.json())).toMatchObject({
          code: 'unauthorized',
          hint: /Bearer TOKEN|whole/,
        });
      }
    }
    expect(fleet.asked).toEqual([]);
    expect(closed.length).toBeGreaterThan(10);
  });

  it('is what it takes: with the token each of these routes answers', async () => {
    const { ask, fleet } = await serve();
    for (const { method, path } of known) {
      // Nothing to wait for, or to cancel.
      fleet.add('one').state = path.endsWith('/cancel') ? 'running' : 'ended';
      const headers = { 'content-type': 'application/json' };
      const sent = bodies.find(([end]) => path.endsWith(end))?.[1];
      const body = method === 'POST' && sent !== undefined ? { headers, body: JSON.stringify(sent) } : {};
      const response = await ask(fill(path), { method, ...body });
      expect(response.ok, `${method} ${path}`).toBe(true);
      await response.body?.cancel();
    }
  });
});

describe('a token in the URL', () => {
  it.each([`?token=${token}`, '?access_token=abc', '?api_key=abc', `?x=${token}`, `/${token}`])(
    'is refused and never logged: %s',
    async (query) => {
      const { ask, logged } = await serve();
      const response = await ask(`/api/v1/tenants${query}`);
      const body = await response.text();
      expect(response.status).toBe(401);
      expect(body).toContain('a token in the URL is not accepted');
      const open = await ask(`/healthz${query}`);
      expect(open.status).toBe(401);
      const missing = await ask(`/nowhere${query}`);
      expect(missing.status).toBe(401);
      await expect.poll(() => logged.length).toBe(3);
      for (const said of [...logged, body]) expect(said).not.toMatch(new RegExp(`${token}|abc`));
    },
  );
});

describe('a request from another site', () => {
  it.each([
    ['https://evil.example.com', undefined],
    ['null', undefined],
    ['http://127.0.0.1', undefined],
    ['file://', undefined],
    [undefined, 'cross-site'],
    [undefined, 'same-site'],
  ])('is refused: Origin %s, Sec-Fetch-Site %s', async (origin, site) => {
    const { ask, fleet } = await serve();
    const headers = {
      ...(origin === undefined ? {} : { origin }),
      ...(site === undefined ? {} : { 'sec-fetch-site': site }),
    };
    const response = await ask('/api/v1/tenants/testsite/upgrade', { method: 'POST', headers });
    expect(response.status).toBe(403);
    expect(problemSchema.parse(await response.json())).toMatchObject({ code: 'forbidden' });
    expect(fleet.asked).toEqual([]);
  });

  it("is not one with the server's own origin", async () => {
    const { ask, url } = await serve();
    const response = await ask('/api/v1/tenants', { headers: { origin: url, 'sec-fetch-site': 'same-origin' } });
    expect(response.status).toBe(200);
  });
});

describe('what is too much', () => {
  it('is a body of more than 1 MiB', async () => {
    const { ask, fleet } = await serve();
    const send = (bytes: number) =>
      ask('/api/v1/tenants/testsite/upgrade', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{}${' '.repeat(bytes - 2)}`,
      });
    expect((await send(1024 ** 2)).status).toBe(202);
    const response = await send(1024 ** 2 + 1);
    expect(problemSchema.parse(await response.json())).toMatchObject({ status: 413, code: 'too-large' });
    expect(fleet.upgrades.size).toBe(1);
  });

  it('is a wait for headers that do not come: the connection is cut', async () => {
    const { port } = await serve({ headersTimeoutMs: 50 });
    const answer = await speak(port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('application/problem+json');
    // Within the time for a whole request it would be cut anyway.
  }, 20_000);

  it('is such a wait of more than 10 s, where nothing else is set', async () => {
    const { server } = await serve();
    expect(server.headersTimeout).toBe(10_000);
  });

  it('is more than 16 KiB of headers', async () => {
    const { port } = await serve();
    const answer = await speak(port, `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('is one more request that waits than the limit, until another one has ended', async () => {
    const { ask, fleet } = await serve({ maxWaiting: 1 });
    fleet.add('one').state = 'running';
    const following = await ask('/api/v1/upgrades/one/events');
    const refused = await ask('/api/v1/upgrades/one/events');
    expect(problemSchema.parse(await refused.json())).toMatchObject({ status: 503, code: 'too-many' });
    await following.body?.cancel();
    const askAgain = async () => {
      const answer = await ask('/api/v1/upgrades/one/events');
      await answer.body?.cancel();
      return answer.status;
    };
    await expect.poll(askAgain).toBe(200);
  });

  it('is what is no HTTP at all', async () => {
    const { port } = await serve();
    expect(await speak(port, '\x16\x03\x01hello')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

it('logs each request by method, path, status and time', async () => {
  const { ask, logged } = await serve();
  await (await ask('/api/v1/tenants?limit=5')).text();
  await expect.poll(() => logged).toHaveLength(1);
  expect(logged[0]).toMatch(/^request \{"method":"GET","path":"\/api\/v1\/tenants","status":200,"ms":\d+\}$/);
});

describe('the description of the API', () => {
  const described = z.object({
    openapi: z.string(),
    paths: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({ summary: z.string(), responses: z.looseObject({}), security: z.array(z.unknown()).optional() }),
      ),
    ),
  });

  it('lists every route of the table, and no other', async () => {
    const { url } = await serve();
    const { openapi, paths } = described.parse(await (await fetch(`${url}/openapi.json`)).json());
    expect(openapi).toBe('3.1.0');
    const listed = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary }]) => `${method.toUpperCase()} ${path}: ${summary}`),
    );
    const expected = routes.map(
      ({ method, path, summary }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}: ${summary}`,
    );
    expect(listed.toSorted()).toEqual(expected.toSorted());
    expect(paths['/healthz']?.['get']?.security).toEqual([]);
    expect(Object.keys(paths['/api/v1/upgrades']?.['get']?.responses ?? {})).toEqual(['200', '4XX', '5XX']);
  });

  it('has what is posted to webhooks, for each kind of event', async () => {
    const { url } = await serve();
    const schema = z.object({ schema: z.object({ properties: z.looseObject({ data: z.looseObject({}) }) }) });
    const body = z.object({ content: z.object({ 'application/json': schema }) });
    const posted = z.object({ post: z.object({ summary: z.string(), requestBody: body }) });
    const { webhooks } = z
      .object({ webhooks: z.record(z.string(), posted) })
      .parse(await (await fetch(`${url}/openapi.json`)).json());
    expect(Object.keys(webhooks)).toEqual([...webhookEventKinds, testKind]);
    const { properties } = webhooks['host.offline']?.post.requestBody.content['application/json'].schema ?? {};
    expect(properties).toMatchObject({
      type: { const: 'host.offline' },
      timestamp: { type: 'string' },
      sequence: { type: 'integer' },
      data: { type: 'object', required: ['host', 'seen_at'] },
    });
  });

  it('has a page that asks nothing of other machines', async () => {
    const { url } = await serve();
    const page = await fetch(`${url}/docs`);
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => new URL(link ?? '', `${url}/docs/`));
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect(link.origin).toBe(url);
      const response = await fetch(link);
      expect(response.status, `the page wants ${link.pathname}`).toBe(200);
      await response.body?.cancel();
    }
  });
});
