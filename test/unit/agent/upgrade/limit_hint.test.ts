// What is said of a command that may have run into a limit.
import { expect, test } from 'vitest';
import { hintOfLimits } from '../../../../agent/upgrade/limit_hint.js';

const unit = { tenant: 'anna', limits: { tasks: 64, memory: 100 * 1024 ** 2, cpu_weight: 100 } };
const failed = { signal: null, outputTail: '', unit };

test('a command that was killed: how much memory it may have, where it has a limit of its own', () => {
  const killed = { ...failed, signal: 'SIGKILL' };
  const withMemory = (memory: (typeof unit)['limits']['memory'] | { percent: number } | 'unlimited') =>
    hintOfLimits({ ...killed, unit: { ...unit, limits: { ...unit.limits, memory } } });
  expect(hintOfLimits(killed)).toContain('`limits: { memory: 100MiB }` in the tenant file');
  expect(withMemory({ percent: 75 })).toContain('`limits: { memory: 75% }`');
  expect(withMemory('unlimited')).toContain('`limits: { memory: unlimited }`');
  expect(hintOfLimits({ ...killed, unit: undefined })).toBe(
    'If no operator killed it, the kernel may have: check `dmesg` for "Out of memory".',
  );
});

test.each([
  'hook.sh: fork: retry: Resource temporarily unavailable',
  "RuntimeError: can't start new thread",
  'Error: spawn git EAGAIN',
])('a command that could start nothing more: %s', (outputTail) => {
  expect(hintOfLimits({ ...failed, outputTail })).toContain('`limits: { tasks: 64 }` in the tenant file');
  expect(hintOfLimits({ ...failed, outputTail, unit: undefined })).toBeNull();
});

test('nothing of any other', () => {
  expect(hintOfLimits({ ...failed, outputTail: 'no such table: notes' })).toBeNull();
});
