// What the plain launcher alone promises: it finds what a command has left, and leaves it running.
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Launcher } from '../../../../agent/command/launcher.js';
import { currentUser } from '../../../../agent/command/user.js';
import { findProcesses } from '../../../helpers/agent/host_processes.js';
import { openLauncher } from '../../../helpers/agent/in_process_host.js';
import { nobody } from '../../../helpers/agent/run_commands.js';
import { carryCookie } from './carry_cookie.js';
import { makeLab, type Lab } from './lab.js';

const whenLetGo = 'while [ ! -e go ]; do sleep 0.01; done';
const untilLetGo = `touch runs; ${whenLetGo}; exit 3`;
const patience = { timeout: 10_000 };

let lab: Lab;
let launcher: Launcher;
beforeEach(() => {
  lab = makeLab();
  launcher = openLauncher();
});
afterEach(async () => {
  await lab.endAll(launcher);
  await lab.remove();
});

const kill = (signal: 'SIGKILL' | null, by = launcher) => by.kill(lab.run, { user: currentUser(), signal });
const launch = (script: string, onExit = () => {}) =>
  launcher.launch({ ...lab.execution(script), maxOutputBytes: 1024 ** 2 }, onExit);
const begun = () => vi.waitFor(() => statSync(lab.place('runs')), patience);
/** How often the command has printed, which it notes in that file. */
const rounds = () => readFileSync(lab.place('rounds'), 'utf8').length;
const letGo = () => writeFileSync(lab.place('go'), '');
const reach = (state: string, by = launcher) =>
  vi.waitFor(async () => expect(await by.readState(lab.run)).toMatchObject({ state }), patience);

test('a command that may have ended is told to the agent that started it', async () => {
  const onExit = vi.fn<() => void>();
  await launch(untilLetGo, onExit);
  await begun();
  letGo();
  await reach('exited');
  await vi.waitFor(() => expect(onExit).toHaveBeenCalled());
});

test('a command of which neither a process nor an exit status is left is lost', async () => {
  await launch(untilLetGo);
  await begun();
  const other = openLauncher();
  const [, stat = ''] = readFileSync(path.join(lab.run, 'started'), 'utf8').split('\n');
  process.kill(-Number.parseInt(stat, 10), 'SIGKILL');
  await vi.waitFor(() => expect(lab.processes()).toEqual([]));
  await reach('lost', other);
  expect(existsSync(path.join(lab.run, 'exit'))).toBe(false);
});

test('the cookie of a command tells a process of its own user, and none of another', async () => {
  await launch(untilLetGo);
  await begun();
  const [{ cookie } = { cookie: null }] = findProcesses(`DROVER_COMMAND=${path.basename(lab.folder)}/`);
  const [own, foreign] = [await carryCookie(cookie ?? '', currentUser()), await carryCookie(cookie ?? '', nobody)];
  for (const agent of [launcher, openLauncher()]) {
    const found = await kill(null, agent);
    expect(found).toContain(own.pid);
    expect(found).not.toContain(foreign.pid);
  }
  await kill('SIGKILL');
  await reach('exited');
  foreign.kill('SIGTERM');
  await once(foreign, 'exit');
  expect([foreign.signalCode, own.signalCode]).toEqual(['SIGTERM', 'SIGKILL']);
});

test('what a command left behind is not ended by what it writes', async () => {
  const writer = 'touch runs; while [ ! -e go ]; do head -c 100000 /dev/zero && echo >>rounds; done';
  await launch(`(setsid sh -c '${writer}') & while [ ! -e runs ]; do sleep 0.01; done`);
  await reach('exited');
  const sofar = await vi.waitFor(rounds, patience);
  await vi.waitFor(() => expect(rounds()).toBeGreaterThan(sofar + 3), patience);
  letGo();
  await vi.waitFor(() => expect(lab.processes()).toEqual([]), patience);
});
