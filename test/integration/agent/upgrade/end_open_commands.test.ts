// What a stage has begun is ended with it, though its body did not come to the command again.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { executeCommand } from '../../../../agent/command/execute.js';
import { currentUser } from '../../../../agent/command/user.js';
import { createJournal, type Journal } from '../../../../agent/store/journal.js';
import { commandFolder, runPlaces } from '../../../../agent/store/run_folders.js';
import { endOpenCommands } from '../../../../agent/upgrade/end_open_commands.js';
import { createRunCommand, type CommandRunner } from '../../../../agent/upgrade/run_command.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { openLauncher } from '../../../helpers/agent/in_process_host.js';

const never = new AbortController().signal;
const user = currentUser();
let folder: string;
let journal: Journal;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover-open-'));
  journal = await createJournal(path.join(folder, 'upgrade'), systemClock);
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true });
});

/** An agent that ends when `shutdown` aborts. */
function makeRunner(shutdown: AbortSignal): CommandRunner {
  return {
    journal,
    flushJournal: () => journal.sync(),
    execute: (work) => executeCommand({ ...work, launcher: openLauncher(), clock: systemClock, graceMs: 50, shutdown }),
    flushOutput: async () => undefined,
    bootId: 'this-boot',
    upgradeId: path.basename(folder),
    runs: runPlaces(path.join(folder, 'upgrade'), user.uid),
    step: 'migrate',
    stage: 'run',
    attempt: 1,
    lost: 'fail',
    secrets: [],
    cancel: never,
  };
}

/** Begins a command, and leaves it when it has printed its pid. */
async function leave(script: string): Promise<number> {
  const leaving = new AbortController();
  const runner = makeRunner(leaving.signal);
  const spec = {
    title: 'a migration',
    argv: ['bash', '-c', script],
    user,
    cwd: '/',
    env: {},
    timeLimitMs: 60_000,
  } as const;
  const running = createRunCommand(runner)('work', spec);
  const output = path.join(commandFolder(runner.runs, 'migrate.work'), 'output');
  const read = () => (existsSync(output) ? readFileSync(output, 'utf8') : '');
  await expect.poll(read).toContain('\n');
  leaving.abort(new Error('the agent ends'));
  await expect(running).rejects.toThrow('the agent ends');
  return Number(read());
}

const ends = () => journal.events.filter(({ type }) => type === 'exit');

it('one that runs, though it minds no SIGTERM', async () => {
  const pid = await leave(`trap '' TERM; echo $$; while :; do sleep 0.05; done`);
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  await endOpenCommands(makeRunner(never), user);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(ends()).toMatchObject([{ key: 'migrate.work', cause: 'cancelled', signal: 'SIGKILL' }]);
  await endOpenCommands(makeRunner(never), user);
  expect(ends()).toHaveLength(1);
});

it('one that has ended by itself has its own end', async () => {
  const gate = path.join(folder, 'gate');
  await leave(`echo $$; until [ -e '${gate}' ]; do sleep 0.02; done; exit 3`);
  writeFileSync(gate, '');
  const runner = makeRunner(never);
  const exit = path.join(commandFolder(runner.runs, 'migrate.work'), 'exit');
  await expect.poll(() => existsSync(exit)).toBe(true);
  await endOpenCommands(runner, user);
  expect(ends()).toMatchObject([{ key: 'migrate.work', cause: 'exited', code: 3 }]);
});

it('one that was announced and never began has none', async () => {
  journal.append({
    type: 'command',
    key: 'migrate.work',
    step: 'migrate',
    stage: 'run',
    title: 'a migration',
    boot_id: 'this-boot',
    quiet: false,
  });
  await endOpenCommands(makeRunner(never), user);
  expect(ends()).toEqual([]);
});
