// The health check against real HTTP servers and commands.
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkHealthCommand } from '../../../../../agent/tenant/health/check_health.js';
import { healthSchema, type HealthConfig } from '../../../../../agent/tenant/health/schema.js';
import { AppError } from '../../../../../shared/errors.js';
import { systemClock } from '../../../../../shared/os/clock.js';
import { makeHealthLab, type HealthLab } from './health_lab.js';

let lab: HealthLab;
beforeEach(async () => {
  lab = await makeHealthLab();
});
afterEach(() => lab.remove());

describe('by URL', () => {
  test('a tenant is healthy after three answers in a row, asked for an interval apart', async () => {
    const url = await lab.serve((_, response) => {
      lab.passedMs += 40;
      response.end('ok');
    });
    await lab.check({ url });
    expect(lab.requests).toBe(3);
    expect(lab.pausesMs).toEqual([210, 210]);
  });

  test('a failure in between starts the count again', async () => {
    const url = await lab.serve((_, response) => response.writeHead(lab.requests === 3 ? 503 : 200).end());
    await lab.check({ url });
    expect(lab.requests).toBe(6);
  });

  test('tries that fail come quickly at first, then an interval apart', async () => {
    const url = await lab.serve((_, response) => response.writeHead(lab.requests <= 6 ? 503 : 204).end());
    await lab.check({ url, successes: 1 });
    expect(lab.pausesMs).toEqual([25, 50, 100, 200, 250, 250]);
  });

  test('a redirect is no answer', async () => {
    const url = await lab.serve((request, response) =>
      request.url === '/login' ? response.end('ok') : response.writeHead(302, { location: '/login' }).end(),
    );
    await expect(lab.check({ url, timeout: '1s' })).rejects.toMatchObject({
      message: `${url} did not become healthy within 1 s; the last try: answered 302 → /login, which is not followed`,
    });
  });

  test('the failure says what the last answer was, cut to 300 harmless characters', async () => {
    const url = await lab.serve((_, response) =>
      response.writeHead(500).end(`\u001b[31mno table ${'of notes '.repeat(10_000)}`),
    );
    await expect(lab.check({ url, timeout: '1s' })).rejects.toMatchObject({
      code: 'unhealthy',
      details: {
        check: url,
        last_try: `answered 500 Internal Server Error: no table ${'of notes '.repeat(32)}of …`,
        tried_ms: 1000,
      },
    });
  });

  test('the failure says in plain words that nobody listens', async () => {
    const url = await lab.serve(() => undefined);
    lab.server.close();
    await once(lab.server, 'close');
    await expect(lab.check({ url, timeout: '1s' })).rejects.toThrow(
      'the last try: connection refused: nothing listens there',
    );
  });

  test('the failure says in plain words that the connection was closed', async () => {
    const url = await lab.serve((request) => request.socket.destroy());
    await expect(lab.check({ url, timeout: '1s' })).rejects.toThrow('the connection was closed without an answer');
  });

  test('a server that does not answer is given up at the time limit', async () => {
    const url = await lab.serve(() => undefined);
    await expect(lab.check({ url, timeout: '200ms' })).rejects.toThrow('the last try: no answer within 0.2 s');
  });

  test('any port is asked, also one that browsers do not open', async () => {
    const url = await lab.serve((_, response) => response.end('ok'), { port: 10_080 });
    await expect(lab.check({ url })).resolves.toBeUndefined();
  });

  test('an address of IPv6 is asked', async () => {
    const url = await lab.serve((_, response) => response.end('ok'), { host: '::1' });
    expect(url).toContain('[::1]');
    await expect(lab.check({ url })).resolves.toBeUndefined();
  });

  test('a name and a password in the URL are sent as Basic authentication, and shown in no message', async () => {
    const given: unknown[] = [];
    const url = await lab.serve((request, response) => {
      given.push(request.headers.authorization);
      response.writeHead(lab.requests < 4 ? 200 : 403).end();
    });
    const withName = url.replace('http://', 'http://monitor:s%40cret@');
    await lab.check({ url: withName });
    expect(given[0]).toBe(`Basic ${Buffer.from('monitor:s@cret').toString('base64')}`);
    await expect(lab.check({ url: withName, timeout: '1s' })).rejects.toThrow(
      `${url} did not become healthy within 1 s; the last try: answered 403 Forbidden`,
    );
  });

  test('each try has a connection of its own: a kept one would belong to a process that may be gone', async () => {
    const sockets = new Set<unknown>();
    await lab.check({
      url: await lab.serve((request, response) => {
        sockets.add(request.socket);
        response.end('ok');
      }),
    });
    expect(sockets.size).toBe(3);
  });

  test('a cancelled check ends with the reason, also in the middle of a try', async () => {
    const reason = new AppError('cancelled', 'cancelled by an operator');
    const url = await lab.serve(() => lab.cancelling.abort(reason));
    await expect(lab.check({ url })).rejects.toBe(reason);
  });

  test('a check that is cancelled between two tries ends with the reason', async () => {
    const reason = new AppError('cancelled', 'cancelled by an operator');
    const url = await lab.serve((_, response) => response.end('ok'));
    lab.clock = { ...systemClock, wait: (ms, signal) => (lab.cancelling.abort(reason), systemClock.wait(ms, signal)) };
    await expect(lab.check({ url })).rejects.toBe(reason);
  });
});

describe('by command', () => {
  test('a tenant is healthy when its user’s command exits 0', async () => {
    await lab.writeScript('#!/bin/bash\n[ "$(id -un) $GREETING $PWD" = "nobody hello $APP" ]\n');
    lab.site = { ...lab.site, env: { ...lab.site.env, APP: lab.folder } };
    await expect(lab.check({ command: ['./healthy'] })).resolves.toBeUndefined();
  });

  test('the failure says how the command ended and what it printed', async () => {
    await lab.writeScript('#!/bin/bash\necho "queue is stuck" >&2\nexit 4\n');
    await expect(lab.check({ command: ['./healthy', '--all'], timeout: '1s' })).rejects.toMatchObject({
      code: 'unhealthy',
      message: './healthy --all did not become healthy within 1 s; the last try: exit 4: queue is stuck',
    });
  });

  test('a command that hangs is given up at the time limit', async () => {
    await lab.writeScript('#!/bin/bash\nexec sleep 300\n');
    await expect(lab.check({ command: ['./healthy'], timeout: '300ms' })).rejects.toMatchObject({ code: 'unhealthy' });
  });

  test('the plan names a command that does not exist', async () => {
    const config: HealthConfig = healthSchema.parse({ command: ['./healthy'] });
    const readContext = lab.readContext();
    await expect(checkHealthCommand(config, readContext)).rejects.toMatchObject({ code: 'missing-command' });
    await lab.writeScript('#!/bin/bash\n');
    await expect(checkHealthCommand(config, readContext)).resolves.toBeUndefined();
  });
});

test('a tenant without a health check is healthy', async () => {
  await expect(lab.check('none')).resolves.toBeUndefined();
});
