import { expect, test } from 'vitest';
import { groupIn } from '../../../../../agent/command/systemd/control_group.js';

test.each([
  { what: 'version 2', text: '0::/system.slice/a.service\n' },
  { what: 'version 1', text: '8:pids:/other\n1:name=systemd:/system.slice/a.service\n' },
  { what: 'both', text: '9:name=systemd:/system.slice/a.service\n1:cpu:/\n0::/elsewhere\n' },
])('the group of a process is found where there are cgroups of $what', ({ text }) => {
  expect(groupIn(text)).toBe('/system.slice/a.service');
});

test('a process without a group has none', () => {
  expect(groupIn('8:pids:/other\n')).toBe('');
});
