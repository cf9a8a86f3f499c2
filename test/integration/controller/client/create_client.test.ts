// The API as functions: the real routes behind them.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../../../controller/client/create_client.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { AppError } from '../../../../shared/errors.js';
import { serveHttps } from '../../../helpers/git/https_git_server.js';
import { createMemoryFleet } from '../../../helpers/controller/memory_fleet.js';
import { serve, token } from '../../../helpers/controller/serve_api.js';
import { begin, finish } from '../../../unit/shared/terminal/streams.js';

const clientOf = (url: string, as = token) => createClient({ url, token: as, clock: systemClock, random: Math.random });

/** A server that is no controller. */
async function answerWith(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on a port');
  return `http://127.0.0.1:${address.port}`;
}

describe('the client', () => {
  it('has a function for each endpoint', async () => {
    const { url, fleet } = await serve();
    const client = clientOf(`${url}/`);
    expect((await client.listTenants()).items).toMatchObject([{ slug: 'testsite' }]);
    expect(await client.findTenant('testsite')).toMatchObject({ slug: 'testsite' });
    expect((await client.listHosts({ limit: 1 })).items).toMatchObject([{ host: 'h1' }]);
    expect(await client.findHost('h1')).toMatchObject({ host: 'h1' });
    expect(await client.plan('testsite', {})).toMatchObject({ tenant: 'testsite' });
    const { id } = await client.upgrade('testsite', { version: 'v0.4.0' }, 'key');
    expect(await client.upgrade('testsite', { version: 'v0.4.0' }, 'key')).toMatchObject({ id });
    fleet.append(id, begin);
    expect(await client.cancel(id, { force: true })).toMatchObject({ id });
    fleet.append(id, finish('rolled_back', 'v0.1.0'));
    expect(await client.findUpgrade(id)).toMatchObject({ status: 'rolled_back' });
    expect((await client.listUpgrades({ tenant: 'testsite', status: 'rolled_back' })).items).toMatchObject([{ id }]);
    expect(await client.rollback('testsite', {})).toMatchObject({ id });
    let log = '';
    for await (const text of client.readLog(id)) log += text;
    expect(log).toContain('cancel asked for, with force\n');
  });

  it('escapes what is put into a path', async () => {
    const { url } = await serve();
    await expect(clientOf(url).findTenant('../upgrades?x=')).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('params.slug'),
    });
  });

  it('reads every page of a list', async () => {
    const slugs = Array.from({ length: 3 }, (_, index) => `t${index}`);
    const { url } = await serve({ fleet: createMemoryFleet(slugs) });
    const first = await clientOf(url).listTenants({ limit: 2 });
    const rest = await clientOf(url).listTenants({ limit: 2, cursor: first.next ?? '' });
    expect([...first.items, ...rest.items].map(({ slug }) => slug)).toEqual(slugs);
    expect(rest.next).toBeNull();
  });
});

describe("the client's errors", () => {
  it('are those of the controller: code, message and hint', async () => {
    const { url, fleet } = await serve();
    fleet.refusal = new AppError('offline', 'the host h1 is offline', { hint: 'start its agent' });
    const error = await clientOf(url)
      .plan('testsite', {})
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'offline', message: 'the host h1 is offline', hint: 'start its agent' });
    await expect(clientOf(url, 'wrong').listTenants()).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('name a controller that is not there', async () => {
    const { url, close } = await serve();
    await close();
    await expect(clientOf(url).listTenants()).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(new RegExp(`^the controller at ${url} cannot be reached: .*connection refused`)),
      hint: expect.any(String),
    });
  });

  it('say how to trust the authority of a certificate', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'drover-tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const server = await serveHttps({ folder, keys: folder, token });
    onTestFinished(() => server.close());
    await expect(clientOf(new URL(server.urlOf('')).origin).listTenants()).rejects.toMatchObject({
      code: 'unreachable',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS='),
    });
  });

  it.each([
    [200, '<html>hello</html>', 'protocol', 'its answer is no JSON'],
    [200, '{"items": 7}', 'protocol', 'its answer has another form (items)'],
    [404, 'nothing here', 'protocol', 'it answered: 404 Not Found'],
    [302, '', 'protocol', 'it answered: 302 Found'],
    [502, 'bad gateway', 'unreachable', '502 Bad Gateway'],
  ])('say what is no controller: %i %s', async (...[status, body, code, message]) => {
    const url = await answerWith(status, body);
    const error = await clientOf(url)
      .listTenants()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message), hint: expect.any(String) });
    expect(error).toMatchObject({ message: expect.stringContaining(url) });
  });
});
