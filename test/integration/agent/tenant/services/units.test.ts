// Services that are systemd units.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../../shared/os/clock.js';
import { currentUser } from '../../../../../agent/command/user.js';
import { openServices, type Services } from '../../../../../agent/tenant/services/services.js';
import { makeSystemd, type FakeSystemd } from './fake_systemd.js';

const web = 'web.service';
const worker = 'worker.service';
const timer = 'nightly.timer';
const all = 'all.target';
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
      hint: [
        '`systemctl status nightly.timer` says why.',
        'Install web.service, or correct `services` in the tenant file.',
        'Run `systemctl unmask worker.service`, or correct `services` in the tenant file.',
      ].join(' '),
    });
  });

  test.each([
    [{ NeedDaemonReload: 'yes' }, 'the files of web.service have changed since systemd read them'],
    [{ CanStart: 'no' }, 'web.service refuses to be started by hand (RefuseManualStart)'],
    [{ CanStop: 'no' }, 'web.service refuses to be stopped by hand (RefuseManualStop)'],
  ])('is blocked by a unit with %o', async (state, message) => {
    systemd.set(web, state);
    const refusal = services.check(systemd.acting);
    await expect(refusal).rejects.toMatchObject({ code: 'missing-unit', message: `services: ${message}` });
  });

  test.each([
    [web, { ConsistsOf: 'nightly.timer beside.service' }, 'web.service starts or stops beside.service'],
    [
      web,
      { ConsistsOf: String.raw`"a\\x2db.socket" app.slice` },
      String.raw`web.service starts or stops a\x2db.socket`,
    ],
    [all, { Wants: 'web.service b.service time-sync.target' }, 'all.target starts or stops b.service'],
    [all, { Requires: 'b.path', ConsistsOf: 'b.path' }, 'all.target starts or stops b.path'],
  ])('is blocked where %s with %o brings a unit that is not listed', async (name, state, message) => {
    const opened = openServices([web, timer, all], { agentUser: currentUser(), clock: systemClock });
    systemd.set(all, { LoadState: 'loaded', ActiveState: 'active', Wants: 'www.service', ConsistsOf: timer });
    systemd.set(web, { Names: 'web.service www.service', Wants: 'network-online.service' });
    await expect(opened?.check(systemd.acting)).resolves.toBeUndefined();
    systemd.set(name, state);
    await expect(opened?.check(systemd.acting)).rejects.toMatchObject({
      code: 'missing-unit',
      message: `services: ${message}, which is not listed`,
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

/** What happens to the units within the second that they must stay up. */
const during = (change: () => void) => {
  const clock = { ...systemClock, wait: async () => change() };
  return openServices([web, worker, timer], { agentUser: currentUser(), clock });
};

const settle = (change: () => void) => during(change)?.settle(systemd.acting, [web, worker]);

describe('started services', () => {
  test('have settled when all of them are up and none was restarted', async () => {
    await expect(settle(() => {})).resolves.toBeUndefined();
  });

  test.each([
    { ActiveState: 'inactive' },
    { ActiveState: 'failed' },
    { ActiveState: 'activating', SubState: 'auto-restart' },
  ])('are not running with a unit in %o', async (state) => {
    const down = { code: 'unhealthy', message: `not running after its start: worker.service (${state.ActiveState})` };
    await expect(settle(() => systemd.set(worker, state))).rejects.toMatchObject(down);
    await expect(settle(() => {})).rejects.toMatchObject(down);
  });

  test('are not running where one was restarted meanwhile', async () => {
    const restarted = { code: 'unhealthy', message: 'restarted within 1 s: web.service' };
    await expect(settle(() => systemd.set(web, { NRestarts: '1' }))).rejects.toMatchObject(restarted);
  });

  test.each([{ Type: 'oneshot' }, { TriggeredBy: 'nightly.timer' }])('may be down with %o', async (kind) => {
    systemd.set(worker, { ...kind, ActiveState: 'inactive' });
    await expect(settle(() => {})).resolves.toBeUndefined();
    systemd.set(worker, { ActiveState: 'failed' });
    await expect(settle(() => {})).rejects.toMatchObject({ code: 'unhealthy' });
  });

  test('that did not run before do not count', async () => {
    systemd.set(worker, { ActiveState: 'inactive' });
    await expect(during(() => {})?.settle(systemd.acting, [web])).resolves.toBeUndefined();
  });
});
