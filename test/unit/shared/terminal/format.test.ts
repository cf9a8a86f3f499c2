// Times, sizes and columns.
import { createStyle } from '../../../../shared/terminal/screen/style.js';
import { expect, it } from 'vitest';
import {
  alignColumns,
  indent,
  showBytes,
  showMs,
  showSafely,
  wrapText,
} from '../../../../shared/terminal/screen/format.js';

it('shows durations by their size', () => {
  expect([0, 310, 59_940, 60_000, 125_400].map(showMs)).toEqual(['0.0 s', '0.3 s', '59.9 s', '1 min 0 s', '2 min 5 s']);
  expect([3_599_000, 12_000_000, 172_800_000].map(showMs)).toEqual(['59 min 59 s', '3 h 20 min', '2 days']);
});

it('shows bytes by their size, rounding needs up', () => {
  expect([1, 64 * 1024 ** 2, 1.5 * 1024 ** 3].map(showBytes)).toEqual(['1 MiB', '64 MiB', '1.5 GiB']);
});

it('makes columns as wide as they need, not counting colours', () => {
  expect(
    alignColumns([
      [createStyle(true).red('ab'), 'x'],
      ['abc', 'y'],
      ['', ''],
    ]),
  ).toEqual([`${createStyle(true).red('ab')}   x`, 'abc  y', '']);
});

it('indents every line', () => {
  expect(indent('a\nb', '> ')).toBe('> a\n> b');
});

it('keeps words of a repository harmless', () => {
  expect(showSafely('a\u001b[31mb\u0007c')).toBe('abc'.replace('bc', 'b\u2407c'));
});

it('breaks a paragraph between words, at 80 characters', () => {
  const text = `${'one '.repeat(30)}${'x'.repeat(90)} end`;
  expect(wrapText(text).split('\n')).toEqual([
    'one '.repeat(20).trimEnd(),
    'one '.repeat(10).trimEnd(),
    'x'.repeat(90),
    'end',
  ]);
});
