// `drover` while the host or the controller is away: what needs the host says so, and what is watched goes on to its end.
import { expect, test } from 'vitest';
import { gated, useFleet } from './fleet.js';

const open = useFleet();

test('a plan and a rollback need the host; an upgrade waits for it and then goes on', async () => {
  const { host, drover } = await open();
  expect(await drover('upgrade', 'testsite', 'v0.2.0').ended).toMatchObject({ exitCode: 0 });
  await host.stop();
  for (const command of ['plan', 'rollback']) {
    expect(await drover(command, 'testsite').ended).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('test-host'),
    });
  }
  const upgrade = drover('upgrade', 'testsite', 'v0.3.0');
  await upgrade.prints('test-host is not connected: the upgrade of testsite begins when it is');
  expect((await host.look()).serves).toBe('v0.2.0');
  await host.start();
  const { exitCode, stdout } = await upgrade.ended;
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  expect(stdout).toContain('✓ success: testsite is on v0.3.0');
});

test('an upgrade is watched to its end through the death of the controller', async () => {
  const { controller, host, drover, openGate } = await open();
  const upgrade = drover('upgrade', 'testsite', gated);
  await upgrade.prints('waiting at the gate');
  await controller.kill();
  await upgrade.prints(`the controller at ${controller.url} cannot be reached`);
  openGate();
  await controller.start();
  const { exitCode, stdout } = await upgrade.ended;
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  expect(stdout).toContain(`✓ success: testsite is on ${gated}`);
  const { events } = await (await host.connect()).follow(/[0-9a-f-]{36}/.exec(stdout)?.[0] ?? '');
  const began = events.flatMap((event) => (event.type === 'step-begin' ? [event.step] : []));
  const followed = [...stdout.matchAll(/\[(?:prepare|[ \d]+\/14) (\S+)\] begins/g)].map(([, step]) => step);
  expect(followed).toEqual(began);
  for (const line of ['waiting at the gate', 'through the gate']) expect(stdout.split(`| ${line}\n`)).toHaveLength(2);
});

test('a cancel whose host is away says what it waits for, and holds once the host is back', async () => {
  const { host, drover } = await open();
  const upgrade = drover('upgrade', 'testsite', gated);
  await upgrade.prints('waiting at the gate');
  await host.stop();
  const cancel = drover('cancel', 'testsite');
  await cancel.prints('test-host has not answered: the upgrade of testsite is cancelled when it does');
  await host.start();
  expect(await cancel.ended).toMatchObject({ exitCode: 0 });
  expect((await upgrade.ended).exitCode).not.toBe(0);
  expect(await host.look()).toMatchObject({ serves: 'v0.1.0' });
});
