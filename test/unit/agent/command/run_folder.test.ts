import { expect, test } from 'vitest';
import { parseStat } from '../../../../agent/command/run_folder.js';

const rest = 'S 10 11 12 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 1000 10';

test('a process is read from its line in /proc', () => {
  const process = { pid: 4711, state: 'S', parent: 10, group: 11, session: 12, startTime: 987_654, threads: 1 };
  expect(parseStat(`4711 (sh) ${rest}\n`)).toEqual(process);
});

test('the name of a process may hold spaces, parentheses and line ends', () => {
  expect(parseStat(`4711 (a) Z 1 1 (b\n)) ${rest}\n`)).toMatchObject({ pid: 4711, state: 'S', startTime: 987_654 });
});

test.each(['', '4711', '4711 (sh) S 10', 'nonsense'])('what is cut short (%j) is no process', (text) => {
  expect(parseStat(text)).toBeNull();
});
