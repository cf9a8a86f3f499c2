// The run number: a restored store pauses its rollouts, and no other one does, whenever its controller was killed.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startRunNumber, type RunNumber } from '../../../../controller/program/run_number.js';
import { collectLog } from '../../../helpers/collect_log.js';

/** What a kill leaves: the store's number, and the file. */
interface Left {
  run: number;
  file: string | null;
}

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

function readFile(folder: string): string | null {
  try {
    return readFileSync(path.join(folder, 'controller.run'), 'utf8');
  } catch {
    return null;
  }
}

/** A controller's start on what is there. All that a kill could leave from then on is in `moments`. */
async function start({ run, file }: Left) {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-run-'));
  folders.push(folder);
  if (file !== null) writeFileSync(path.join(folder, 'controller.run'), file, { mode: 0o600 });
  const moments: Left[] = [];
  const note = () => moments.push({ run: stored, file: readFile(folder) });
  let stored = run;
  let paused = 0;
  const store = {
    readRun: async () => stored,
    async writeRun(next: number) {
      note();
      stored = next;
      note();
    },
    rollouts: {
      async pauseAll() {
        note();
        return (paused += 1);
      },
    },
  };
  const runNumber: RunNumber = await startRunNumber({ folder, store, log: collectLog() });
  note();
  return { runNumber, moments, note, isPaused: () => paused > 0 };
}

it('pauses nothing, whenever a controller is killed, from the first start on', async () => {
  let left: Left[] = [{ run: 0, file: null }];
  for (let starts = 0; starts < 3; starts += 1) {
    const next = new Map<string, Left>();
    for (const one of left) {
      const { runNumber, moments, note, isPaused } = await start(one);
      await runNumber.stop();
      note();
      expect([one, isPaused()]).toEqual([one, false]);
      for (const moment of moments) next.set(JSON.stringify(moment), moment);
    }
    left = [...next.values()];
  }
  expect(left.length).toBeGreaterThan(5);
});

it.each([
  { what: 'a copy of before the last stop', run: 4, file: '5\n' },
  { what: 'a copy in a new folder', run: 4, file: null },
  { what: 'a copy beside a file that says nothing', run: 4, file: 'x' },
])('pauses rollouts after $what, once', async ({ run, file }) => {
  const restored = await start({ run, file });
  expect(restored.isPaused()).toBe(true);
  const last = restored.moments.at(-1);
  if (last === undefined) throw new Error('no moment');
  expect((await start(last)).isPaused()).toBe(false);
});

it('pauses again what was killed before all of it was paused', async () => {
  const { moments } = await start({ run: 4, file: '9' });
  const [before] = moments;
  if (before === undefined) throw new Error('no moment');
  expect((await start(before)).isPaused()).toBe(true);
});
