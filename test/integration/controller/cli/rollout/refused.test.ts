// Bad values of `drover rollout start` are refused with the name of the option and the remedy, and nothing is stored.
import { expect, it } from 'vitest';
import { useRolloutFleet } from './rollout_fleet.js';

const shares = ['0', '-1', 'NaN', '1e9', '0%', '101%', '5.5', ''];
const numbers = ['0', '-1', 'NaN', '1e9', '1.5', 'ten', ''];
const times = ['-1s', 'NaN', '1e9', '30', '400d', 'soon', ''];

const rows: readonly (readonly [string, readonly string[], string])[] = [
  ['--canary', shares, 'a number of tenants from 1 on, such as 10, or a part of all from 1% to 100%'],
  ['--failures', shares, 'a number of tenants from 1 on, such as 10, or a part of all from 1% to 100%'],
  ['--waves', [...shares, '10%,', '10%;50%'], 'sizes of waves with commas between'],
  ['--max-parallel', [...numbers, '10001'], 'a whole number from 1 to 10000'],
  ['--per-host', numbers, 'a whole number from 1 to 1000'],
  ['--repeats', numbers, 'a whole number from 1 to 10000'],
  ['--soak', times, 'a time from 0s to 365d, such as 30m'],
  ['--wave-deadline', [...times, '0s'], 'a time from 1s to 365d, such as 2h'],
  ['--start-within', [...times, '8d'], 'a time from 1s to 7d, such as 1h'],
  ['--unreachable-after', times, 'a time from 1s to 365d, such as 15m'],
  ['--give-up-after', times, 'a time from 1s to 365d, such as 3d'],
  ['--reconnect-jitter', [...times, '2h'], 'a time from 0s to 1h, such as 30s'],
  ['--commit', ['abc', 'HEAD'], 'a whole commit id'],
  ['--where', ['ring=', 'ring=a &', ''], ''],
  [
    '--window',
    [
      '',
      'nightly',
      'mon-fri 22:00-05:00',
      'mon-fri 25:00-05:00 UTC',
      'mon-fri 05:00-05:00 UTC',
      'someday 22:00-05:00 UTC',
      'mon-fri 22:00-05:00 Europe/Atlantis',
      'mon-fri 22:00-05:00 UTC extra',
    ],
    '',
  ],
];

it('names the option and what it wants', async () => {
  const { drover } = await useRolloutFleet([{ host: 'web-1', tenants: ['anna'] }]);
  for (const [option, values, wants] of rows) {
    for (const value of values) {
      const { exitCode, stderr } = await drover('rollout', 'start', 'v0.4.0', `${option}=${value}`);
      expect([exitCode, stderr], `${option} ${value}`).toEqual([2, expect.stringContaining(option)]);
      expect(stderr, `${option} ${value}`).toContain(wants);
    }
  }
  expect(await drover('rollout', 'start', '--approve', 'A')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--plan is missing'),
  });
  expect(await drover('rollout', 'start', '--where', 'slug=nobody')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('matches no tenant'),
  });
  expect((await drover('rollout', 'list')).stdout).toContain('There is no rollout yet.');
});

it('takes several windows, days in lists and ranges, and says when the next one opens', async () => {
  const { drover } = await useRolloutFleet([{ host: 'web-1', tenants: ['anna'] }]);
  const windows = ['--window', 'sat,sun 00:00-23:59 UTC', '--window=fri-mon 22:00-05:00 Europe/Berlin'];
  const { stdout, stderr } = await drover('rollout', 'start', 'v0.4.0', ...windows, '--json');
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    settings: {
      windows: [
        { days: ['sat', 'sun'], from: '00:00', until: '23:59', zone: 'UTC' },
        { days: ['mon', 'fri', 'sat', 'sun'], from: '22:00', until: '05:00', zone: 'Europe/Berlin' },
      ],
    },
  });
});
