// A rollout on a pipe: which lines a change makes, and in which order.
import { expect, it } from 'vitest';
import { createRolloutLines } from '../../../../../controller/cli/render/rollout/rollout_lines.js';
import { now, rollout, wave } from './rollout_samples.js';

const opened = { opened_at: '2026-12-01T09:00:00.000Z' };
const open = wave(0, { ...opened, state: 'open' });
const passed = wave(0, { ...opened, state: 'passed', succeeded: 10, passed_at: '2026-12-01T09:20:00.000Z' });
const counts = (succeeded: number) => ({ ...rollout().counts, succeeded });

function linesAfter(before: Parameters<typeof rollout>[0], after: Parameters<typeof rollout>[0]): string[] {
  const lines = createRolloutLines();
  lines.next(rollout(before), now);
  return lines.next(rollout(after), now).map((line) => line.slice('00:00:00 '.length));
}

it('a wave that passes does so before the next one opens', () => {
  const next = wave(1, { ...opened, state: 'open' });
  const [first, second] = linesAfter(
    { wave: 0, waves: 2, wave_list: [open, wave(1)], counts: counts(9) },
    { wave: 1, waves: 2, wave_list: [passed, next], counts: counts(10) },
  );
  expect(first).toBe('[wave 1/2] canary passed: 10 of 10 ok');
  expect(second).toMatch(/^\[wave 2\/2\] ok 10 /);
});

it('the last wave passes after its last tenant has ended', () => {
  const [first, second, third] = linesAfter(
    { wave: 0, waves: 1, wave_list: [open], counts: counts(9) },
    { wave: 0, waves: 1, wave_list: [passed], counts: counts(10), state: 'done' },
  );
  expect(first).toMatch(/^\[wave 1\/1\] ok 10 /);
  expect([second, third]).toEqual(['[wave 1/1] canary passed: 10 of 10 ok', 'done']);
});

it('what goes back has no waves, and what says itself that it was paused is said once', () => {
  const back = { direction: 'back' as const, wave: 0, waves: 1, wave_list: [passed] };
  expect(linesAfter({ ...back, counts: counts(9) }, { ...back, counts: counts(8) })[0]).toMatch(/^ok 8 /);
  const first = createRolloutLines().next(rollout(back), now);
  expect(first.join('\n')).not.toContain('passed:');
  expect(linesAfter({}, { state: 'paused', why: 'paused by ann: lunch' })).toEqual(['paused by ann: lunch']);
  expect(linesAfter({}, { state: 'halted', why: '3 failures' })).toEqual(['halted: 3 failures']);
});
