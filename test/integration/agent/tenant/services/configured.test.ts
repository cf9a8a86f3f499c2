// Services controlled by configured commands.
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../../shared/os/clock.js';
import { openServices, type Services } from '../../../../../agent/tenant/services/services.js';
import type { CommandLine } from '../../../../../agent/tenant/values.js';
import { ctlScript as script, makeBench, type Bench } from './agent_commands.js';

const ctl = (...words: string[]): CommandLine => ['./ctl', ...words];
const config = { start: ctl('start'), stop: ctl('stop'), status: ctl('status') };
const work = { running: ['services'], timeLimitMs: 5000 };

let bench: Bench;
let services: Services;
const inApp = (name: string) => path.join(bench.acting.site.appDir.shown, name);

beforeEach(async () => {
  bench = await makeBench({ GREETING: 'hello' });
  await bench.writeScript('ctl', script);
  const opened = openServices(config, { agentUser: bench.agentUser, clock: systemClock });
  if (opened === null) throw new Error('no services');
  services = opened;
});
afterEach(async () => {
  if (existsSync(inApp('pid'))) process.kill(Number(await readFile(inApp('pid'), 'utf8')), 'SIGKILL');
  await bench.remove();
});

describe('the plan', () => {
  test('accepts commands that exist', async () => {
    await expect(services.check(bench.acting)).resolves.toBeUndefined();
  });

  test('names every command that does not exist', async () => {
    await rm(inApp('ctl'));
    await expect(services.check(bench.acting)).rejects.toMatchObject({
      code: 'missing-command',
      message: 'services: no executable file for start (./ctl), stop (./ctl), status (./ctl)',
    });
  });
});

describe('what runs', () => {
  test('is nothing while status fails', async () => {
    expect(await services.findRunning(bench.acting, 5000)).toEqual([]);
  });

  test('is the services while status succeeds', async () => {
    await services.start(bench.acting, work);
    expect(await services.findRunning(bench.acting, 5000)).toEqual(['services']);
  });

  test('stays what it was when asked again', async () => {
    await services.findRunning(bench.acting, 5000);
    await services.start(bench.acting, work);
    expect(await services.findRunning(bench.acting, 5000)).toEqual([]);
  });

  test('is not known when the status command cannot be run', async () => {
    await bench.writeScript('ctl', '#!/bin/bash\nno-such-program\n');
    await expect(services.findRunning(bench.acting, 5000)).rejects.toMatchObject({ code: 'command-failed' });
  });
});

describe('starting', () => {
  test('runs the command as the tenant’s user, with its environment, and leaves the service running', async () => {
    await bench.writeScript('ctl', `${script}\nif [ "$1" = start ]; then echo "$(id -un) $GREETING" >started; fi\n`);
    await services.start(bench.acting, work);
    expect(await readFile(inApp('started'), 'utf8')).toBe('nobody hello\n');
    expect(await services.identify(bench.acting)).toBe('running');
  });

  test('does nothing for services that did not run before', async () => {
    await services.start(bench.acting, { running: [], timeLimitMs: 5000 });
    expect(bench.ran).toEqual([]);
  });

  test('leaves services alone that run already', async () => {
    await services.start(bench.acting, work);
    bench.forget();
    await services.start(bench.acting, work);
    expect(bench.ran.filter((title) => title === './ctl start')).toHaveLength(1);
  });

  test('fails with the command', async () => {
    await bench.writeScript('ctl', '#!/bin/bash\nexit 5\n');
    await expect(services.start(bench.acting, work)).rejects.toMatchObject({ code: 'command-failed' });
  });
});

describe('the identity', () => {
  test('changes with the processes whose pids the status command prints', async () => {
    await bench.writeScript('ctl', `${script}\nif [ "$1" = status ]; then echo "web up 5 s, pid $(cat pid)"; fi\n`);
    await services.start(bench.acting, work);
    const first = await services.identify(bench.acting);
    expect(first).toMatch(/^running \d+@\d+$/);
    expect(await services.identify(bench.acting)).toBe(first);
    await services.stop(bench.acting, work);
    bench.forget();
    await services.start(bench.acting, work);
    expect(await services.identify(bench.acting)).not.toBe(first);
  });
});

describe('stopping', () => {
  test('brings the services down, once, however often it is called', async () => {
    await services.start(bench.acting, work);
    await services.stop(bench.acting, work);
    await services.stop(bench.acting, work);
    expect(bench.ran.filter((title) => title === './ctl stop')).toHaveLength(1);
    await expect(services.identify(bench.acting)).rejects.toMatchObject({ code: 'unhealthy' });
  });

  test('bears a stop command that complains about services that are down', async () => {
    await expect(services.stop(bench.acting, work)).resolves.toBeUndefined();
    expect(bench.ran).toEqual(['./ctl stop']);
  });

  test('waits for services that go down after the command has returned', async () => {
    // Each look takes one away; the services are down at the third.
    await writeFile(inApp('looks'), '..');
    await bench.writeScript(
      'ctl',
      '#!/bin/bash\n[ "$1" = status ] || exit 0\nlooks=$(cat looks); [ -n "$looks" ] || exit 3\necho -n "${looks#.}" >looks.new && mv looks.new looks\n',
    );
    await services.stop(bench.acting, work);
    expect(await readFile(inApp('looks'), 'utf8')).toBe('');
  });

  test('says so when they are still running at the time limit', async () => {
    await bench.writeScript('ctl', '#!/bin/bash\nexit 0\n');
    await expect(services.stop(bench.acting, { ...work, timeLimitMs: 300 })).rejects.toMatchObject({
      code: 'services-running',
      message: 'after ./ctl stop (exit 0), ./ctl status reports that they run',
    });
  });

  test('does not wait for services whose stop command failed', async () => {
    await bench.writeScript('ctl', '#!/bin/bash\n[ "$1" = status ]\n');
    await expect(services.stop(bench.acting, { ...work, timeLimitMs: 3_600_000 })).rejects.toMatchObject({
      code: 'services-running',
      message: 'after ./ctl stop (exit 1), ./ctl status reports that they run',
    });
  });

  test('touches nothing that did not run before', async () => {
    await services.stop(bench.acting, { running: [], timeLimitMs: 5000 });
    expect(bench.ran).toEqual([]);
  });
});

test('a tenant without services has none', () => {
  expect(openServices('none', { agentUser: bench.agentUser, clock: systemClock })).toBeNull();
});
