// Upgrades of a tenant whose services are units of a real systemd.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DemoTenant } from '../../deploy/demo/app/make_tenant.js';
import { readVersion } from '../../deploy/demo/app/notes_client.js';
import { makeGround } from '../helpers/agent/ground.js';
import { findFixedPort } from '../helpers/free_port.js';
import { seeChange } from '../helpers/see_change.js';
import { ending, restarted, socketHook, waitingHook } from '../helpers/agent/unit_files.js';
import { makeUnitHost, webService, type UnitHost, type UnitWish } from '../helpers/agent/unit_host.js';

const [worker, web, timer] = ['testsite-worker.service', 'testsite-web.service', 'testsite-nightly.timer'];
const [socket, echo] = ['testsite-echo.socket', 'testsite-echo.service'];
const running = { [worker]: 'inactive', [web]: 'active', [timer]: 'active' };

const releases = {
  'v0.2.1': { 'release/v0.2.1.pre-migrate.sh': socketHook },
  'v0.2.2': { 'release/v0.2.2.pre-migrate.sh': waitingHook },
  'v0.2.3': { 'server.mjs': 'process.exit(1);\n' },
  'v0.2.4': { 'refuses-to-start': '' },
  'v0.2.5': { 'worker-crashes': '' },
  'v0.2.6': { 'worker-ends': '' },
};

let ground: Awaited<ReturnType<typeof makeGround>>;
beforeAll(async () => {
  ground = await makeGround(releases);
});
afterAll(() => ground.close());

let host: UnitHost | null = null;
afterEach(async () => {
  await host?.close();
  host = null;
});

/** A worker that was stopped, the web service with these lines, and a timer, unless the wish says otherwise. */
async function makeHost(wish: Partial<UnitWish> & { lines?: string[] } = {}): Promise<UnitHost> {
  const { lines, ...rest } = wish;
  host = await makeUnitHost(ground, {
    units: (tenant) => ({
      [worker]: '[Service]\nExecStart=sleep infinity\n',
      [web]: webService(tenant, lines),
      [timer]: `[Timer]\nOnCalendar=yearly\nUnit=${worker}\n`,
    }),
    started: [web, timer],
    ...rest,
  });
  return host;
}

/** The health check is over quickly where it is known to fail. */
const impatient = ({ url }: DemoTenant) => ({ health: { url: `${url}/health`, interval: '250ms', timeout: '2s' } });

describe('an upgrade', () => {
  test('starts the units that ran, on the new version, and leaves the others stopped', async () => {
    const { upgrade, look, states } = await makeHost();
    const { service: before } = await look();
    expect((await upgrade({ version: 'v0.4.0' })).result).toMatchObject({
      status: 'success',
      warnings: ['not running now, and not started by the upgrade: testsite-worker.service'],
    });
    expect(await states()).toEqual(running);
    const after = await look();
    expect(after).toMatchObject({ serves: 'v0.4.0', leftovers: [] });
    expect([null, before]).not.toContain(after.service);
  });

  test('closes the socket that would start a service again, and opens it afterwards', async () => {
    const port = await findFixedPort();
    const { upgrade, states } = await makeHost({
      units: (tenant) => {
        writeFileSync(path.join(tenant.dataDir, 'echo.port'), `${port}\n`);
        return {
          [web]: webService(tenant),
          [echo]: '[Service]\nExecStart=sleep infinity\n',
          [socket]: `[Socket]\nListenStream=127.0.0.1:${port}\n`,
        };
      },
      started: [web, socket, echo],
    });
    expect((await upgrade({ version: 'v0.2.1' })).result).toMatchObject({ status: 'success' });
    expect(await states()).toEqual({ [web]: 'active', [echo]: 'active', [socket]: 'active' });
  });

  test('goes on when the agent is killed while the units are down', async () => {
    const { connect, states, show, killAgent, tenant } = await makeHost();
    const id = await (await connect()).ask({ version: 'v0.2.2' });
    const began = path.join(tenant.dataDir, 'hook.began');
    await seeChange(tenant.dataDir, () => existsSync(began));
    expect(await states()).toEqual({ [worker]: 'inactive', [web]: 'inactive', [timer]: 'inactive' });
    const agent = await show('drover-agent.service', 'MainPID');
    await killAgent();
    expect(await show('drover-agent.service', 'MainPID')).not.toBe(agent);
    writeFileSync(path.join(tenant.dataDir, 'hook.go'), '');
    expect((await (await connect()).follow(id)).result).toMatchObject({ status: 'success' });
    expect(readFileSync(began, 'utf8').trim().split('\n')).toHaveLength(1);
    expect(await states()).toEqual(running);
    expect(await readVersion(tenant.url)).toBe('v0.2.2');
  });
});

async function expectPutBack({ look, states, show }: UnitHost): Promise<void> {
  expect(await states()).toEqual(running);
  expect(await look()).toMatchObject({
    serves: 'v0.1.0',
    head: 'v0.1.0',
    database: { integrity: 'ok' },
    leftovers: [],
  });
  expect(await show(web, 'SubState')).toBe('running');
}

describe('a tenant is put back, its units running on the old version,', () => {
  test('when a migration fails', async () => {
    const made = await makeHost();
    expect((await made.upgrade({ version: 'v0.6.0' })).result).toMatchObject({
      status: 'rolled_back',
      failure: { step: 'migrate' },
    });
    await expectPutBack(made);
  });

  test('when a unit cannot be started', async () => {
    const made = await makeHost({
      lines: ["ExecStartPre=/bin/sh -c 'test ! -e refuses-to-start'"],
    });
    expect((await made.upgrade({ version: 'v0.2.4' })).result).toMatchObject({
      status: 'rolled_back',
      failure: { step: 'start-services', code: 'command-failed' },
    });
    await expectPutBack(made);
  });

  test('when a unit crashes until systemd refuses to start it again', async () => {
    const made = await makeHost({
      lines: ['Restart=on-failure', 'RestartSec=0'],
      makeKeys: impatient,
    });
    expect((await made.upgrade({ version: 'v0.2.3' })).result).toMatchObject({
      status: 'rolled_back',
      failure: { step: 'health-check', code: 'unhealthy' },
    });
    await ground.machine.run(['journalctl', '--sync']);
    const log = await ground.machine.run(['journalctl', '--unit', web, '--output=cat']);
    expect(log).toContain('Start request repeated too quickly');
    await expectPutBack(made);
  });

  test('when a unit is restarted again and again beside a healthy one', async () => {
    const made = await makeHost({
      units: (tenant) => ({
        [worker]: restarted(tenant.appDir),
        [web]: webService(tenant),
      }),
      started: [worker, web],
      makeKeys: impatient,
    });
    expect((await made.upgrade({ version: 'v0.2.5' })).result).toMatchObject({
      status: 'rolled_back',
      failure: { step: 'health-check', code: 'unhealthy' },
    });
    expect(await made.states()).toEqual({ [worker]: 'active', [web]: 'active' });
    expect(await made.look()).toMatchObject({ serves: 'v0.1.0', leftovers: [] });
  });

  test.each(['url', 'none'])('when a unit ends beside a healthy one, with `health: %s`', async (health) => {
    const made = await makeHost({
      units: (tenant) => ({ [worker]: ending(tenant.appDir), [web]: webService(tenant) }),
      started: [worker, web],
      ...(health === 'none' ? { makeKeys: () => ({ health: 'none' }) } : {}),
    });
    expect((await made.upgrade({ version: 'v0.2.6' })).result).toMatchObject({
      status: 'rolled_back',
      failure: { step: 'health-check', message: `not running after its start: ${worker} (inactive)` },
    });
    expect(await made.states()).toEqual({ [worker]: 'active', [web]: 'active' });
  });

  test.each([
    ['does not heed its signal', 'KillSignal=SIGCONT'],
    ['waits for a command', 'ExecStop=sleep infinity'],
  ])('when the stop of a unit hangs: it %s', async (_what, line) => {
    const made = await makeHost({
      lines: [line, 'TimeoutStopSec=infinity'],
      makeKeys: () => ({ time_limits: { stop: '500ms', start: '1s' } }),
    });
    expect((await made.upgrade({ version: 'v0.4.0' })).result).toMatchObject({
      status: 'rolled_back',
      failure: { step: 'stop-services', code: 'time-limit', needs_operator: false },
    });
    await expectPutBack(made);
  });
});

describe('an upgrade is refused, and nothing is stopped,', () => {
  test('when a unit is missing', async () => {
    const { upgrade, look } = await makeHost({ missing: ['testsite-gone.service'] });
    const { service: before } = await look();
    expect((await upgrade({ version: 'v0.4.0' })).result).toMatchObject({
      status: 'refused',
      failure: { code: 'missing-unit', message: 'services: testsite-gone.service does not exist' },
    });
    expect(await look()).toMatchObject({ serves: 'v0.1.0', service: before });
  });

  test('when a unit is masked', async () => {
    const { upgrade, look, states } = await makeHost();
    await ground.machine.run(['systemctl', 'mask', web]);
    const { service: before } = await look();
    expect((await upgrade({ version: 'v0.4.0' })).result).toMatchObject({
      status: 'refused',
      failure: { code: 'missing-unit', message: `services: ${web} is masked` },
    });
    expect(await look()).toMatchObject({ serves: 'v0.1.0', service: before });
    expect(await states()).toEqual(running);
  });
});
