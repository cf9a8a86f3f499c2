// What `drover` says of upgrades that never began, that changed nothing, and that were rolled back: the versions that are
// known, what became of each, and when.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { resultSchema } from '../../../shared/model/result.js';
import { upgradeOutlineSchema } from '../../../shared/model/upgrade_outline.js';
import { useFleet } from './fleet.js';

const open = useFleet();

const logLine = z.object({
  time: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  level: z.enum(['debug', 'info', 'warn', 'error']),
});

test('what was asked for, and never began, is told with the versions that are known', async () => {
  const { host, drover } = await open();
  expect((await drover('upgrade', 'testsite', 'v0.2.0').ended).exitCode).toBe(0);

  const again = await drover('upgrade', 'testsite', 'v0.2.0').ended;
  expect(again.exitCode).toBe(0);
  expect(again.stdout).toContain('\n– testsite is already on v0.2.0; nothing done\n');

  const refused = await drover('upgrade', 'testsite', 'v9.9.9').ended;
  expect(refused.exitCode).toBe(2);
  expect(refused.stdout).toContain('\n✗ refused: testsite was not touched, and stays on v0.2.0\n');

  await host.stop();
  expect((await drover('plan', 'testsite').ended).stderr).toMatch(
    /test-host is offline \(last seen \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\), /,
  );
  expect((await drover('upgrade', 'testsite', 'v0.3.0', '--detach').ended).exitCode).toBe(0);
  expect((await drover('logs', 'testsite').ended).stdout).toBe('… queued: the upgrade of testsite has not begun\n');
  const cancelled = await drover('cancel', 'testsite').ended;
  expect(cancelled.exitCode).toBe(0);
  expect(cancelled.stdout).toContain('\n↩ cancelled before it started: testsite stays on v0.2.0\n');
  expect((await drover('logs', 'testsite').ended).stdout).toBe(
    '↩ cancelled before it started: testsite stays on v0.2.0\n',
  );
  const { stdout: line } = await drover('logs', 'testsite', '--json').ended;
  expect(JSON.parse(line)).toMatchObject({ result: { status: 'cancelled', current_version: 'v0.2.0' } });

  const expired = await drover('upgrade', 'testsite', 'v0.4.0', '--start-within', '1s').ended;
  expect(expired.exitCode).toBe(2);
  expect(expired.stdout).toContain('✗ refused: testsite was not touched, and stays on v0.2.0\n');
  for (const words of [
    ['logs', 'testsite'],
    ['logs', 'testsite', '--follow'],
  ]) {
    const { exitCode, stdout } = await drover(...words).ended;
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^✗ refused: testsite was not touched, and stays on v0\.2\.0\n {2}test-host was not connected until the order expired \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)\n/,
      ),
    });
  }
  const { stdout: list } = await drover('upgrades', '--tenant', 'testsite').ended;
  for (const versions of ['v0.2.0 → v0.4.0', 'v0.2.0 → v0.3.0', 'v0.2.0 → v9.9.9']) expect(list).toContain(versions);
  expect(list).not.toMatch(/unknown|latest/);
});

test('a rolled-back upgrade says when, and each downtime by itself, in both programs; an unknown name is no empty list', async () => {
  const { drover, droverAgent } = await open();
  const upgrade = resultSchema.parse(
    JSON.parse((await drover('upgrade', 'testsite', 'v0.2.0', '--json').ended).stdout),
  );
  const rollback = await drover('rollback', 'testsite', '--json').ended;
  const result = resultSchema.parse(JSON.parse(rollback.stdout));
  expect(result).toMatchObject({ id: upgrade.id, status: 'rolled_back', downtime_ms: upgrade.downtime_ms });
  expect(result.rollback?.downtime_ms).toBeGreaterThan(0);
  const shown = (result.finished_at ?? '').slice(0, 19).replace('T', ' ');
  expect((await drover('upgrades').ended).stdout).toMatch(new RegExp(`rolled_back .* at ${shown}\\n`));
  const histories = [await drover('history', 'testsite').ended, await droverAgent('history', 'testsite')];
  for (const { stdout } of histories) {
    // What the controller was told of versions follows.
    const [head, row, ...others] = (stdout.split('\n\n')[0] ?? '').trimEnd().split('\n');
    expect(head).toMatch(/^WHEN +VERSIONS +ENDED +ROLLED BACK +UPGRADE$/);
    expect(row).toMatch(new RegExp(` v0\\.1\\.0 → v0\\.2\\.0 +rolled_back +${shown} +${upgrade.id}$`));
    expect(others).toEqual([]);
  }
  const reported = histories[0]?.stdout.split('\n\n')[1] ?? '';
  expect(reported).toMatch(
    /^SINCE +REPORTED VERSION +COMMIT +HOST\n.* v0\.1\.0 [^]* v0\.2\.0 [^]* v0\.1\.0 \(detected\) /,
  );
  const [byController, byHost] = [
    await drover('history', 'testsite', '--json').ended,
    await droverAgent('history', 'testsite', '--json'),
  ].map(({ stdout }) => z.object({ upgrades: z.array(z.unknown()) }).parse(JSON.parse(stdout)));
  expect(byHost).toEqual(byController);
  expect(byHost?.upgrades).toMatchObject([{ id: upgrade.id, status: 'rolled_back', current_version: 'v0.1.0' }]);
  const status = z.object({
    slug: z.string(),
    version: z.string(),
    state: z.string(),
    upgrades: z.array(upgradeOutlineSchema),
  });
  const statuses = [
    await drover('status', 'testsite', '--json').ended,
    await droverAgent('status', 'testsite', '--json'),
  ];
  const [one, other] = statuses.map(({ stdout }) => status.parse(JSON.parse(stdout)));
  expect(one).toEqual(other);
  for (const [option, name] of [
    ['--tenant', 'nosuch'],
    ['--host', 'nohost'],
  ]) {
    const unknown = await drover('upgrades', option ?? '', name ?? '').ended;
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(name ?? '') });
  }
});

test('the logs of agent and controller have ISO times and named levels', async () => {
  const { host, controller } = await open();
  await host.stop();
  const agent = await host.start();
  for (const log of [agent.log().trimEnd().split('\n'), controller.log()]) {
    expect(log.length).toBeGreaterThan(0);
    for (const line of log) logLine.parse(JSON.parse(line));
  }
});
