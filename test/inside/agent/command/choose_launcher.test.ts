// Which launcher an agent chooses on a host that systemd manages.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { chooseLauncher } from '../../../../agent/command/choose_launcher.js';

const root = { agentUid: 0, stateFolder: '/var/lib/drover' };

test('by itself it chooses systemd as root, and leaves it where that cannot be', () => {
  expect(existsSync('/run/systemd/system')).toBe(true);
  expect(chooseLauncher({ ...root, wish: 'auto' })).toBe('systemd');
  expect(chooseLauncher({ ...root, wish: 'auto', agentUid: 1000 })).toBe('plain');
  expect(chooseLauncher({ ...root, wish: 'auto', stateFolder: '/srv/my state' })).toBe('plain');
  expect(chooseLauncher({ ...root, wish: 'plain' })).toBe('plain');
});

test('it refuses a wish for systemd that cannot be had, and says why', () => {
  expect(chooseLauncher({ ...root, wish: 'systemd' })).toBe('systemd');
  expect(() => chooseLauncher({ wish: 'systemd', agentUid: 1000, stateFolder: '/srv/a b' })).toThrow(
    'launcher: systemd in agent.yaml cannot be: the agent does not run as root; state_dir (/srv/a b) has other characters',
  );
});
