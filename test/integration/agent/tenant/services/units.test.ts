// Services that are systemd units.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../../shared/os/clock.js';
import { currentUser } from '../../../../../agent/command/user.js';
import { openServices, type Services } from '../../../../../agent/tenant/services/services.js';
import { makeSystemd, type FakeSystemd } from './fake_systemd.js';

const web = 'web.service';
const worker = 'worker.service';
const timer = 'nightly.timer';
const service = {
  MainPID: '100',
  NRestarts: '0',
  LoadState: 'loaded',
  ActiveState: 'active',
  SubState: 'running',
  InvocationID: 'a1',
};

let systemd: FakeSystemd;
let services: Services;
beforeEach(async () => {
  systemd = await makeSystemd({
    [web]: service,
    [worker]: { ...service, MainPID: '101', InvocationID: 'b1' },
    [timer]: { LoadState: 'loaded', ActiveState: 'inactive', SubState: 'dead' },
  });
  const opened = openServices([web, worker, timer], { agentUser: currentUser(), clock: systemClock });
  if (opened === null) throw new Error('no services');
  services = opened;
});
afterEach(() => systemd.remove());

describe('the plan', () => {
  test('accepts units that are loaded, running or not', async () => {
    await expect(services.check(systemd.acting)).resolves.toBeUndefined();
    expect(systemd.changes).toEqual([]);
  });

  test('names every unit that is missing, masked or broken, and how', async () => {
    systemd.set(web, { LoadState: 'not-found' });
    systemd.set(worker, { LoadState: 'masked' });
    systemd.set(timer, { LoadState: 'bad-setting' });
    await expect(services.check(systemd.acting)).rejects.toMatchObject({
      code: 'missing-unit',
      message:
        'services: nightly.timer cannot be loaded (bad-setting); web.service does not exist; worker.service is masked',
    });
  });

  test('says that there is no systemd to ask', async () => {
    const answer = { exitCode: 1, stdout: '', stderr: 'System has not been booted with systemd\n' };
    await expect(services.check({ ...systemd.acting, probe: async () => answer })).rejects.toMatchObject({
      code: 'missing-command',
      message: 'systemctl does not answer (exit 1): System has not been booted with systemd',
    });
  });
});

describe('what runs', () => {
  test('are the active units, and those that are about to start again', async () => {
    systemd.set(worker, { ActiveState: 'activating', SubState: 'auto-restart' });
    expect(await services.findRunning(systemd.acting, 1000)).toEqual([web, worker]);
  });

  test('are not those that failed or were stopped', async () => {
    systemd.set(web, { ActiveState: 'failed' });
    systemd.set(worker, { ActiveState: 'inactive' });
    expect(await services.findRunning(systemd.acting, 1000)).toEqual([]);
  });
});

describe('stopping', () => {
  test('stops all units, and first the timer that could start one again', async () => {
    await services.stop(systemd.acting, { running: [web], timeLimitMs: 1000 });
    expect(systemd.changes).toEqual(['stop nightly.timer web.service worker.service']);
  });

  test('names the units that are not down afterwards', async () => {
    systemd.set(worker, { Clings: 'yes', ActiveState: 'deactivating' });
    await expect(services.stop(systemd.acting, { running: [worker], timeLimitMs: 1000 })).rejects.toMatchObject({
      code: 'services-running',
      message: 'after systemctl stop these units are not down: worker.service (deactivating)',
    });
  });
});

describe('starting', () => {
  test('starts those that ran before and no others', async () => {
    await services.stop(systemd.acting, { running: [web], timeLimitMs: 1000 });
    await services.start(systemd.acting, { running: [web], timeLimitMs: 1000 });
    expect(systemd.changes.filter((change) => change.startsWith('start'))).toEqual(['start web.service']);
  });

  test('starts units that had crashed so often that systemd would refuse it', async () => {
    systemd.set(web, { ActiveState: 'failed' });
    await expect(services.start(systemd.acting, { running: [web], timeLimitMs: 1000 })).resolves.toBeUndefined();
  });

  test('does nothing when nothing ran before', async () => {
    await services.start(systemd.acting, { running: [], timeLimitMs: 1000 });
    expect(systemd.changes).toEqual([]);
  });
});

describe('the identity of the running services', () => {
  test('is the same while nothing happens', async () => {
    expect(await services.identify(systemd.acting)).toBe(await services.identify(systemd.acting));
  });

  test.each([{ MainPID: '200' }, { InvocationID: 'a2' }, { NRestarts: '1' }])('changes with %o', async (change) => {
    const before = await services.identify(systemd.acting);
    systemd.set(web, change);
    expect(await services.identify(systemd.acting)).not.toBe(before);
  });

  test.each([{ ActiveState: 'failed' }, { ActiveState: 'activating', SubState: 'auto-restart' }])(
    'is refused with a unit in %o',
    async (crashed) => {
      systemd.set(worker, crashed);
      await expect(services.identify(systemd.acting)).rejects.toMatchObject({
        code: 'unhealthy',
        message: 'failed since it was started: worker.service',
      });
    },
  );
});
