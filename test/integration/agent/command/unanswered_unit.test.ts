// What systemd does of a start that it did not answer in time.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readBootId } from '../../../../agent/command/supervisor/begun.js';
import { makeSecret } from '../../../../agent/command/supervisor/cookie.js';
import { createSystemdLauncher } from '../../../../agent/command/systemd/launch.js';
import type { ServiceManager } from '../../../../agent/command/systemd/service_manager.js';
import { currentUser } from '../../../../agent/command/user.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeId } from '../../../../shared/os/ids.js';
import { makeLab, type Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = makeLab();
});
afterEach(() => lab.remove());

/** What systemd runs for the unit of the lab's command. */
const runUnit = (program = path.join(lab.run, 'supervisor')) => {
  try {
    execFileSync('perl', [program], { stdio: 'pipe' });
  } catch {
    // The unit fails.
  }
};
const launch = (start: ServiceManager['start']) => {
  const manager: ServiceManager = {
    start,
    stop: async () => {},
    listProcesses: async () => [],
    look: async () => ({ isThere: false, hasSucceeded: false }),
    isStopping: async () => false,
  };
  const options = { agentUid: currentUser().uid, bootId: readBootId(), stateFolder: lab.folder, clock: systemClock };
  const launcher = createSystemdLauncher({ ...options, makeId, makeSecret, manager });
  return launcher.launch({ ...lab.execution('echo run >>runs'), maxOutputBytes: 1024 }, () => {});
};
const noAnswer = async () => {
  throw new Error('no answer');
};
const runs = () => (existsSync(lab.place('runs')) ? readFileSync(lab.place('runs'), 'utf8') : '');

test('a command whose start failed does not begin later, and can be launched again', async () => {
  await expect(launch(noAnswer)).rejects.toThrow('no answer');
  runUnit();
  expect(runs()).toBe('');
  await launch(async () => runUnit());
  expect(runs()).toBe('run\n');
});

test('one that began all the same counts as launched', async () => {
  await launch(async () => {
    runUnit();
    return noAnswer();
  });
  runUnit();
  expect(runs()).toBe('run\n');
});

test('one whose program has been read does not begin either, once the file is gone', async () => {
  await launch(async () => {
    const program = readFileSync(path.join(lab.run, 'supervisor'), 'utf8');
    const read = path.join(lab.folder, 'read');
    writeFileSync(read, program.replace('$program = $0', `$program = '${lab.folder}/gone'`));
    runUnit(read);
  });
  expect(existsSync(path.join(lab.run, 'started'))).toBe(false);
  expect(runs()).toBe('');
});
