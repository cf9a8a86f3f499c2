// The health check before the stop, after it, and while a new version dies; and a tenant whose services were stopped.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { findService } from '../../helpers/agent/look_at_tenant.js';
import { useCliHosts } from '../agent/cli/run_cli.js';
import { expectOldVersion } from './hosts.js';

const hosts = useCliHosts([
  { tag: 'v0.1.1', base: 'v0.1.0', files: {} },
  { tag: 'v0.1.2', base: 'v0.1.0', files: { 'server.mjs': 'process.exit(1);\n' } },
]);

/** A server that answers every request with a redirect, until the test ends. */
async function redirect(): Promise<string> {
  const server = createServer((_, response) => response.writeHead(301, { location: 'https://site/login' }).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/`;
}

test('a health check that fails already is warned of in the plan, which tries it once while the services run', async () => {
  const url = await redirect();
  const host = await hosts.open({ inProcess: true, makeKeys: () => ({ health: { url } }) });
  await host.start();
  const { exitCode, stdout } = await host.cli('plan', 'testsite', 'v0.1.1');
  expect(exitCode).toBe(10);
  expect(stdout).toContain(
    'warning: the health check fails now already: answered 301 → https://site/login, which is not followed; the upgrade would be rolled back',
  );
});

test('services that were not running stay stopped: the plan, the headline, the log and the result say so', async () => {
  const host = await hosts.open({ inProcess: true, hasService: false });
  await host.start();
  const plan = await host.cli('plan', 'testsite', 'v0.1.1');
  expect(plan.stdout).toContain('warning: the services are not running: they stay stopped');
  expect(plan.stdout).not.toContain('fails now already');
  const { exitCode, stdout } = await host.cli('upgrade', 'testsite', 'v0.1.1');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('\n✓ success: testsite is on v0.1.1, services were not running and stay stopped\n');
  expect(stdout).toContain('== success, on v0.1.1, services were not running and stay stopped\n');
  expect(stdout).not.toMatch(/Stopping services|Services stopped|Starting services|\$ bin\/ctl/);
  const result = JSON.parse((await host.cli('--json', 'logs', 'testsite')).stdout.trim().split('\n').at(-1) ?? '');
  expect(result.event).toMatchObject({ type: 'finish', status: 'success', services: 'stopped' });
  expect(stdout).toMatch(/^ {2}downtime +0\.0 s$/m);
  expect(findService(host.tenant.dataDir)).toBeNull();
});

test('a process that survives the stop and answers the health check ends the upgrade, and is named', async () => {
  const host = await hosts.open({
    inProcess: true,
    makeKeys: () => ({
      database: 'none',
      services: {
        start: ['bash', '-c', 'touch "$DATA_DIR/up"; bin/ctl start'],
        stop: ['bash', '-c', 'rm -f "$DATA_DIR/up"; touch "$DATA_DIR/down"'],
        status: ['bash', '-c', 'test ! -e "$DATA_DIR/down" || test -e "$DATA_DIR/up"'],
      },
    }),
  });
  await host.start();
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.1.1' });
  const pid = findService(host.tenant.dataDir);
  expect(result).toMatchObject({
    status: 'rolled_back',
    failure: {
      step: 'stop-services',
      code: 'services-running',
      message: expect.stringMatching(`/health is still answered by node .*/server\\.mjs \\(pid ${pid}\\)$`),
    },
  });
  await expectOldVersion(host, before);
});

test('a new version that dies at once is given up as soon as its services are seen to be dead', async () => {
  const host = await hosts.open({
    inProcess: true,
    makeKeys: ({ health }) => ({ health: { url: health, interval: '20ms', successes: 2, timeout: '8s' } }),
  });
  await host.start();
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.1.2' });
  expect(result).toMatchObject({
    status: 'rolled_back',
    failure: {
      step: 'health-check',
      code: 'unhealthy',
      message: expect.stringContaining(
        'did not become healthy: the services have ended since they were started; the last try: connection refused',
      ),
    },
  });
  await expectOldVersion(host, before);
});
