// Looking at processes, and running commands, leaves no descriptor of the agent open.
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hasCookie } from '../../../../agent/command/supervisor/cookie.js';
import { findProcess } from '../../../../agent/command/process/processes.js';
import { readOutputTail } from '../../../../agent/command/output/read_output.js';
import { runFolder } from '../../../../agent/command/run_folder.js';
import { makeLab, type Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = makeLab();
});
afterEach(() => lab.remove());

/** What this process has open of other processes, and in a folder. */
function listOpen(folder: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        return ''; // It was of the listing itself.
      }
    })
    .filter((file) => file.startsWith(folder) || /^\/proc\/\d+\/(stat|environ)$/.test(file));
}

test('a look at a process, by its state or by its cookie, closes what it opened', async () => {
  expect(findProcess(process.pid)).not.toBeNull();
  expect(findProcess(2 ** 22 + 1)).toBeNull();
  expect(await hasCookie(process.pid, 'of nobody')).toBe(false);
  expect(listOpen(lab.folder)).toEqual([]);
});

test('a command with a leftover, and a look at its output, close what they opened', async () => {
  await lab.execute("(trap '' TERM; touch begun; sleep 60) & while [ ! -e begun ]; do sleep 0.01; done; echo done");
  const { output } = runFolder(lab.run);
  expect(await readOutputTail(output, { lines: 1, secrets: [] })).toBe('done');
  expect(listOpen(lab.folder)).toEqual([]);
});
