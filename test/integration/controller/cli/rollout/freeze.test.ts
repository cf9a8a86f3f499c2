// `drover freeze`: what it holds, whom it lets through, and when.
import { expect, it } from 'vitest';
import { patience, useRolloutFleet } from './rollout_fleet.js';

it('a freeze holds a rollout, lets tenants through by name and reason, and ends', async () => {
  const { drover, hosts } = await useRolloutFleet([{ host: 'web-1', tenants: ['anna', 'bert'] }]);
  expect((await drover('freeze', 'list')).stdout).toContain('There is no freeze.');
  const started = await drover('freeze', 'start', 'xmas', '--reason', 'nobody is here');
  expect(started.stdout).toBe(
    'The freeze xmas holds the whole fleet until `drover freeze end xmas`: no upgrade starts. What runs goes on; cancel, resume and rollback work.\n',
  );
  await drover('rollout', 'start', '--canary', '2', '--per-host', '2');
  await expect.poll(async () => (await drover('rollout', 'show')).stdout, patience).toMatch(/\n {2}2 +frozen +/);
  const single = await drover('upgrade', 'anna', '--detach');
  expect([single.exitCode, single.stderr]).toEqual([2, expect.stringMatching(/frozen|rollout/)]);
  expect(await drover('freeze', 'except', 'xmas', 'anna')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('needs a reason'),
  });
  const through = await drover('freeze', 'except', 'xmas', 'anna', '--reason', 'a security fix');
  expect(through.stdout).toMatch(
    /\nxmas +active .*\n\nxmas lets through\n {2}anna {2}tester {2}.* {2}a security fix\n/,
  );
  await expect.poll(() => hosts[0]?.offered, patience).toEqual(['anna']);
  expect((await drover('freeze', 'end', 'xmas')).stdout).toBe('The freeze xmas of the whole fleet has ended.\n');
  await expect.poll(() => hosts[0]?.offered, patience).toEqual(['anna', 'bert']);
});

it('a dated freeze is planned in its zone; what is no time, no zone or no name is refused', async () => {
  const { drover } = await useRolloutFleet([{ host: 'web-1', tenants: ['anna'] }]);
  const dates = ['--from', '2099-12-23 18:00', '--until', '2100-01-02', '--zone', 'Europe/Berlin'];
  const planned = await drover('freeze', 'start', 'xmas', ...dates, '--where', 'slug=anna');
  expect(planned.stdout).toBe(
    'The freeze xmas of slug=anna begins at 2099-12-23 17:00:00 UTC, and holds until 2100-01-01 23:00:00 UTC (times were given in Europe/Berlin).\n',
  );
  for (const [words, says] of [
    [['xmas'], 'xmas'],
    [['Xmas!'], '"Xmas!" is no name of a freeze'],
    [
      ['a', '--from', 'tomorrow'],
      '--from wants a date, or a date and a time, such as "2026-12-24 18:00", not "tomorrow"',
    ],
    [
      ['a', '--zone', 'Europe/Atlantis'],
      '--zone: there is no time zone "Europe/Atlantis"; one such as Europe/Berlin or UTC',
    ],
    [['a', '--where', 'ring='], '--where: '],
    [['a', '--until', '2020-01-01'], 'is over before it begins'],
  ] as const) {
    const { exitCode, stderr } = await drover('freeze', 'start', ...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(says)]);
  }
  expect(await drover('freeze', 'end', 'nothing')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('nothing'),
  });
});
