// A command's limits count time that never jumps: the host's wall clock may be set meanwhile, by years either way.
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { executeCommand } from '../../../../agent/command/execute.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeLab, type Lab } from './lab.js';

const tenYearsMs = 315_576_000_000;

describe.each([
  ['ahead', tenYearsMs],
  ['back', -tenYearsMs],
])('a wall clock that is set ten years %s', (_where, jumpMs) => {
  let lab: Lab;
  beforeEach(() => {
    lab = makeLab();
  });
  afterEach(() => lab.remove());

  /** Runs it; the clock is set once the command was seen to run, and `then` is called some looks at it later. */
  function executeOver(script: string, timeLimitMs: number, then: () => void = () => undefined) {
    const execution = lab.execution(script, { timeLimitMs });
    let looks = 0;
    const clock = { ...systemClock, now: () => new Date(Date.now() + (looks > 2 ? jumpMs : 0)) };
    const launcher: typeof execution.launcher = {
      ...execution.launcher,
      readState(folder) {
        looks += 1;
        if (looks === 5) then();
        return execution.launcher.readState(folder);
      },
    };
    return executeCommand({ ...execution, launcher, clock });
  }

  test('ends no command early', async () => {
    const script = 'while [ ! -e go ]; do sleep 0.01; done; exit 3';
    const outcome = await executeOver(script, 60_000, () => writeFileSync(lab.place('go'), ''));
    expect(outcome).toMatchObject({ code: 3, signal: null, cause: 'exited' });
  });

  test('spares no command that overruns its time', async () => {
    const outcome = await executeOver('while :; do sleep 0.01; done', 500);
    expect(outcome).toMatchObject({ code: null, cause: 'time-limit' });
  });
});
