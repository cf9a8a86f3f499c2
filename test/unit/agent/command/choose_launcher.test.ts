import { expect, test } from 'vitest';
import { chooseLauncher } from '../../../../agent/command/choose_launcher.js';

const other = { agentUid: 1000, stateFolder: '/var/lib/drover' };

test('an agent that is not root is plain by itself, and says so where systemd is wished for', () => {
  expect(chooseLauncher({ ...other, wish: 'auto' })).toBe('plain');
  expect(() => chooseLauncher({ ...other, wish: 'systemd' })).toThrow('the agent does not run as root');
});
