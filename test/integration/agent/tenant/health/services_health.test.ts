// The health check of a tenant whose services restart, die, or say that they are down while it goes on.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Services } from '../../../../../agent/tenant/services/services.js';
import { AppError } from '../../../../../shared/errors.js';
import { makeHealthLab, type HealthLab } from './health_lab.js';

let lab: HealthLab;
beforeEach(async () => {
  lab = await makeHealthLab();
});
afterEach(() => lab.remove());

const unused = () => Promise.reject(new Error('a health check only looks'));
const up = { running: ['web'], down: [], failed: [] };

/** Services of which only the identity matters: one for each time that it is asked for. */
function servicesWith(identify: () => Promise<string>, look: Services['look'] = async () => up): Services {
  const whereLogs = 'They have a log.';
  return { whereLogs, check: unused, findRunning: unused, look, stop: unused, start: unused, settle: unused, identify };
}

test('a restart starts the count again', async () => {
  const url = await lab.serve((_, response) => response.end('ok'));
  const identities = ['a', 'a', 'b', 'b', 'b'];
  await lab.check(
    { url },
    servicesWith(async () => identities.shift() ?? 'none'),
  );
  expect(identities).toEqual([]);
});

test('a socket that listens anew starts the count again, though the services do not say that they were restarted', async () => {
  const url = await lab.serve((_, response) => {
    response.end('ok');
    if (lab.requests > 4) return;
    // As a process that ends after each answer, and is started again.
    lab.server.close();
    lab.server.listen(Number(new URL(url).port), '127.0.0.1');
  });
  await lab.check(
    { url },
    servicesWith(async () => 'running'),
  );
  expect(lab.requests).toBe(6);
});

test('services that are dead are given up long before the time limit, after several looks', async () => {
  const url = await lab.serve((_, response) => response.writeHead(503).end());
  let looks = 0;
  const services = servicesWith(unused, async () => {
    looks += 1;
    return { running: [], down: ['web'], failed: [] };
  });
  await expect(lab.check({ url, timeout: '60s' }, services)).rejects.toThrow(
    `${url} did not become healthy: the services have ended since they were started; the last try: answered 503`,
  );
  expect(looks).toBe(3);
  expect(lab.passedMs).toBeGreaterThanOrEqual(6000);
  expect(lab.passedMs).toBeLessThan(8000);
});

test('services that come up late are waited for', async () => {
  const url = await lab.serve((_, response) => response.writeHead(lab.passedMs < 30_000 ? 503 : 200).end());
  let looks = 0;
  const services = servicesWith(
    async () => 'running',
    async () => {
      looks += 1;
      return looks % 3 === 0 ? up : { running: [], down: ['web'], failed: [] };
    },
  );
  await expect(lab.check({ url, timeout: '60s' }, services)).resolves.toBeUndefined();
});

test('services that restart all the time are not healthy, however well they answer', async () => {
  const url = await lab.serve((_, response) => response.end('ok'));
  const services = servicesWith(async () => String(lab.requests));
  await expect(lab.check({ url, timeout: '1s' }, services)).rejects.toThrow(
    'the last try: healthy, but not 3 times in a row: a service was restarted',
  );
});

test('a service that is down makes a good answer worthless', async () => {
  const url = await lab.serve((_, response) => response.end('ok'));
  const down = new AppError('unhealthy', 'failed since it was started: worker.service');
  const services = servicesWith(() => Promise.reject(down));
  await expect(lab.check({ url, timeout: '1s' }, services)).rejects.toThrow(
    'the last try: failed since it was started: worker.service',
  );
});
