// `drover` with all that is behind it: an upgrade is seen as it happens, left, cancelled and turned back.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { pipeline } from '../../../agent/upgrade/pipeline.js';
import { resultSchema } from '../../../shared/model/result.js';
import { expectOldVersion } from '../upgrade/hosts.js';
import { gated, useFleet } from './fleet.js';

const open = useFleet();

test('an upgrade is shown step by step, and ends with the very object that its agent gives', async () => {
  const { host, drover } = await open();
  const shown = await drover('upgrade', 'testsite', 'v0.3.0').ended;
  expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
  const places = pipeline.map(({ name }, index) => `${index + 1}/${pipeline.length} ${name}] begins\n`);
  for (const place of places) expect(shown.stdout).toContain(place);
  expect(shown.stdout).toContain('         | === Release hook: v0.2.0 ===\n');
  expect(shown.stdout).toContain('✓ success: testsite is on v0.3.0');

  const { exitCode, stdout } = await drover('upgrade', 'testsite', 'v0.4.0', '--json').ended;
  expect(exitCode).toBe(0);
  const answer = z.record(z.string(), z.unknown()).parse(JSON.parse(stdout));
  const { result } = await (await host.connect()).follow(resultSchema.parse(answer).id);
  expect(result.status).toBe('success');
  expect(Object.keys(answer)).toEqual(Object.keys(result));
  for (const [key, value] of Object.entries(result)) expect({ [key]: answer[key] }).toEqual({ [key]: value });
});

test('a line of a hook is there while the hook still runs; Ctrl-C stops the watching alone', async () => {
  const { drover, openGate } = await open();
  const upgrade = drover('upgrade', 'testsite', gated);
  await upgrade.prints('waiting at the gate');
  const logs = drover('logs', 'testsite', '-f');
  await logs.prints('         | waiting at the gate');
  upgrade.interrupt();
  const { exitCode, stderr } = await upgrade.ended;
  expect(exitCode).toBe(130);
  const [, id = ''] = /^ {2}drover logs (\S+) -f {3}follows it$/m.exec(stderr) ?? [];
  const again = drover('logs', id, '-f');
  await again.prints('waiting at the gate');
  for (const { text } of [upgrade, logs, again]) expect(text()).not.toContain('through the gate');
  openGate();
  for (const { ended } of [logs, again]) {
    const { exitCode: code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| waiting at the gate\n[^]*\| through the gate\n[^]*== success\n$/);
  }
});

test('a cancel puts the tenant back, and is seen by who watches the upgrade', async () => {
  const { host, drover } = await open();
  const before = await host.look();
  const upgrade = drover('upgrade', 'testsite', gated);
  await upgrade.prints('waiting at the gate');
  const cancel = await drover('cancel', 'testsite').ended;
  expect(cancel.exitCode).toBe(0);
  expect(cancel.stdout).toContain('↩ cancelled: testsite is on v0.1.0');
  expect(await upgrade.ended).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('↩ cancelled') });
  await expectOldVersion(host, before);
});

test('a rollback rolls the latest upgrade back', async () => {
  const { host, drover } = await open();
  const before = await host.look();
  expect(await drover('upgrade', 'testsite', 'v0.4.0').ended).toMatchObject({ exitCode: 0 });
  expect((await host.look()).serves).toBe('v0.4.0');
  const { exitCode, stdout } = await drover('rollback', 'testsite').ended;
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  expect(stdout).toContain('↩ rolled back: testsite is on v0.1.0 again');
  const { serves, head } = await host.look();
  expect({ serves, head }).toEqual({ serves: before.serves, head: before.head });
});
