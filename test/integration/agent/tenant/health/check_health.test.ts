// The health check against real HTTP servers and commands.
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import { systemClock, type Clock } from '../../../../../shared/os/clock.js';
import { AppError } from '../../../../../shared/errors.js';
import { createProbe } from '../../../../../agent/command/probe.js';
import { currentUser, findUser } from '../../../../../agent/command/user.js';
import { checkHealth, checkHealthCommand } from '../../../../../agent/tenant/health/check_health.js';
import { healthSchema, type HealthConfig } from '../../../../../agent/tenant/health/schema.js';
import type { Services } from '../../../../../agent/tenant/services/services.js';
import { minimalEnvironment, type Site } from '../../../../../agent/tenant/site.js';

let folder: string;
let site: Site;
let server: Server;
let cancelling: AbortController;
let requests = 0;
/** Waits that pass at once; what was waited for is noted. */
let pausesMs: number[];
let passedMs: number;
let clock: Clock;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'drover-health-'));
  await chmod(folder, 0o755);
  const user = await findUser('nobody');
  const env = { ...minimalEnvironment(user), GREETING: 'hello' };
  site = { slug: 'testsite', appDir: new TenantPath(folder), dataDir: new TenantPath(folder), user, env };
  cancelling = new AbortController();
  requests = 0;
  pausesMs = [];
  passedMs = 0;
  clock = {
    now: () => systemClock.now(),
    monotonicMs: () => passedMs,
    async wait(ms) {
      pausesMs.push(ms);
      passedMs += ms;
    },
  };
});
afterEach(async () => {
  if (server?.listening) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
  await rm(folder, { recursive: true });
});

/** Starts a server and gives its URL. */
async function serve(listener: RequestListener): Promise<string> {
  server = createServer((request, response) => {
    requests += 1;
    listener(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/health`;
}

function check(keys: unknown, services: Services | null = null): Promise<void> {
  const { signal } = cancelling;
  const readContext = { site, probe: createProbe({ agentUid: currentUser().uid, signal }), signal };
  return checkHealth({ config: healthSchema.parse(keys), services, readContext, clock, signal });
}

const unused = () => Promise.reject(new Error('a health check only looks'));

/** Services of which only the identity matters: one for each time that it is asked for. */
function servicesWith(identify: () => Promise<string>): Services {
  return { check: unused, findRunning: unused, look: unused, stop: unused, start: unused, identify };
}

describe('by URL', () => {
  test('a tenant is healthy after three answers in a row, asked for an interval apart', async () => {
    const url = await serve((_, response) => {
      passedMs += 40;
      response.end('ok');
    });
    await check({ url });
    expect(requests).toBe(3);
    expect(pausesMs).toEqual([210, 210]);
  });

  test('a failure in between starts the count again', async () => {
    const url = await serve((_, response) => response.writeHead(requests === 3 ? 503 : 200).end());
    await check({ url });
    expect(requests).toBe(6);
  });

  test('tries that fail come quickly at first, then an interval apart', async () => {
    const url = await serve((_, response) => response.writeHead(requests <= 6 ? 503 : 204).end());
    await check({ url, successes: 1 });
    expect(pausesMs).toEqual([25, 50, 100, 200, 250, 250]);
  });

  test('a redirect is no answer', async () => {
    const url = await serve((request, response) =>
      request.url === '/login' ? response.end('ok') : response.writeHead(302, { location: '/login' }).end(),
    );
    await expect(check({ url, timeout: '1s' })).rejects.toMatchObject({
      message: `${url} did not become healthy within 1 s; the last try: answered 302 Found: to /login, which is not followed`,
    });
  });

  test('the failure says what the last answer was, cut to 300 harmless characters', async () => {
    const url = await serve((_, response) =>
      response.writeHead(500).end(`\u001b[31mno table ${'of notes '.repeat(10_000)}`),
    );
    await expect(check({ url, timeout: '1s' })).rejects.toMatchObject({
      code: 'unhealthy',
      details: {
        check: url,
        last_try: `answered 500 Internal Server Error: no table ${'of notes '.repeat(32)}of …`,
        tried_ms: 1000,
      },
    });
  });

  test('the failure says in plain words that nobody listens', async () => {
    const url = await serve(() => undefined);
    server.close();
    await once(server, 'close');
    await expect(check({ url, timeout: '1s' })).rejects.toThrow(
      'the last try: connection refused: nothing listens there',
    );
  });

  test('the failure says in plain words that the connection was closed', async () => {
    const url = await serve((request) => request.socket.destroy());
    await expect(check({ url, timeout: '1s' })).rejects.toThrow('the connection was closed without an answer');
  });

  test('a server that does not answer is given up at the time limit', async () => {
    const url = await serve(() => undefined);
    await expect(check({ url, timeout: '200ms' })).rejects.toThrow('the last try: no answer within 0.2 s');
  });

  test('each try has a connection of its own: a kept one would belong to a process that may be gone', async () => {
    const sockets = new Set<unknown>();
    await check({
      url: await serve((request, response) => {
        sockets.add(request.socket);
        response.end('ok');
      }),
    });
    expect(sockets.size).toBe(3);
  });

  test('a cancelled check ends with the reason, also in the middle of a try', async () => {
    const reason = new AppError('cancelled', 'cancelled by an operator');
    const url = await serve(() => cancelling.abort(reason));
    await expect(check({ url })).rejects.toBe(reason);
  });

  test('a check that is cancelled between two tries ends with the reason', async () => {
    const reason = new AppError('cancelled', 'cancelled by an operator');
    const url = await serve((_, response) => response.end('ok'));
    clock = { ...systemClock, wait: (ms, signal) => (cancelling.abort(reason), systemClock.wait(ms, signal)) };
    await expect(check({ url })).rejects.toBe(reason);
  });
});

describe('with services', () => {
  test('a restart starts the count again', async () => {
    const url = await serve((_, response) => response.end('ok'));
    const identities = ['a', 'a', 'b', 'b', 'b'];
    await check(
      { url },
      servicesWith(async () => identities.shift() ?? 'none'),
    );
    expect(identities).toEqual([]);
  });

  test('services that restart all the time are not healthy, however well they answer', async () => {
    const url = await serve((_, response) => response.end('ok'));
    const services = servicesWith(async () => String(requests));
    await expect(check({ url, timeout: '1s' }, services)).rejects.toThrow(
      'the last try: healthy, but not 3 times in a row: a service was restarted',
    );
  });

  test('a service that is down makes a good answer worthless', async () => {
    const url = await serve((_, response) => response.end('ok'));
    const down = new AppError('unhealthy', 'failed since it was started: worker.service');
    const services = servicesWith(() => Promise.reject(down));
    await expect(check({ url, timeout: '1s' }, services)).rejects.toThrow(
      'the last try: failed since it was started: worker.service',
    );
  });
});

async function writeScript(text: string): Promise<void> {
  await writeFile(path.join(folder, 'healthy'), text);
  await chmod(path.join(folder, 'healthy'), 0o755);
}

describe('by command', () => {
  test('a tenant is healthy when its user’s command exits 0', async () => {
    await writeScript('#!/bin/bash\n[ "$(id -un) $GREETING $PWD" = "nobody hello $APP" ]\n');
    site = { ...site, env: { ...site.env, APP: folder } };
    await expect(check({ command: ['./healthy'] })).resolves.toBeUndefined();
  });

  test('the failure says how the command ended and what it printed', async () => {
    await writeScript('#!/bin/bash\necho "queue is stuck" >&2\nexit 4\n');
    await expect(check({ command: ['./healthy', '--all'], timeout: '1s' })).rejects.toMatchObject({
      code: 'unhealthy',
      message: './healthy --all did not become healthy within 1 s; the last try: exit 4: queue is stuck',
    });
  });

  test('a command that hangs is given up at the time limit', async () => {
    await writeScript('#!/bin/bash\nexec sleep 300\n');
    await expect(check({ command: ['./healthy'], timeout: '300ms' })).rejects.toMatchObject({ code: 'unhealthy' });
  });

  test('the plan names a command that does not exist', async () => {
    const config: HealthConfig = healthSchema.parse({ command: ['./healthy'] });
    const { signal } = cancelling;
    const readContext = { site, signal, probe: createProbe({ agentUid: currentUser().uid, signal }) };
    await expect(checkHealthCommand(config, readContext)).rejects.toMatchObject({ code: 'missing-command' });
    await writeScript('#!/bin/bash\n');
    await expect(checkHealthCommand(config, readContext)).resolves.toBeUndefined();
  });
});

test('a tenant without a health check is healthy', async () => {
  await expect(check('none')).resolves.toBeUndefined();
});
