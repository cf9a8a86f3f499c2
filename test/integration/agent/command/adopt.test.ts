import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { executeCommand } from '../../../../agent/command/execute.js';
import { currentUser } from '../../../../agent/command/user.js';
import { openLauncher } from '../../../helpers/agent/in_process_host.js';
import { nobody } from '../../../helpers/agent/run_commands.js';
import { makeLab, type Lab } from './lab.js';

/** Runs until it is let go, and counts how often it was begun. */
const untilLetGo = 'echo run >>runs; echo first; while [ ! -e go ]; do sleep 0.01; done; echo last; exit 3';
const stay = 'touch runs; while :; do sleep 0.01; done';
const program = path.join(import.meta.dirname, '../../../../dist/test/helpers/agent/execute_command.js');

let lab: Lab;
afterEach(() => lab.remove());

const begun = () => vi.waitFor(() => statSync(lab.place('runs')), { timeout: 10_000 });
const letGo = () => writeFileSync(lab.place('go'), '');
const supervisor = () => Number.parseInt(readFileSync(path.join(lab.run, 'started'), 'utf8').split('\n')[1] ?? '', 10);
const lost = { code: null, signal: null, cause: 'lost', ms: 0, left: [] };

/** Runs the command in an agent of its own, and kills that. */
const beginAndKill = async (script: string) => {
  const { folder, label, spec } = lab.execution(script);
  const agent = spawn(process.execPath, [program, JSON.stringify({ folder, label, spec })], { stdio: 'inherit' });
  await begun();
  agent.kill('SIGKILL');
  await once(agent, 'exit');
};

describe.each([currentUser(), nobody])('a command of $name whose agent is gone', (user) => {
  beforeEach(() => {
    lab = makeLab(user);
  });

  test('goes on, and is taken over by the next agent', async () => {
    await beginAndKill(untilLetGo);
    const adopted = lab.execute(untilLetGo);
    letGo();
    expect(await adopted).toMatchObject({ code: 3, signal: null, cause: 'exited' });
    expect(lab.output()).toBe('first\nlast\n');
    expect(readFileSync(lab.place('runs'), 'utf8')).toBe('run\n');
  });

  test('has an exit that the next agent finds, though it came in between', async () => {
    await beginAndKill(untilLetGo);
    letGo();
    await vi.waitFor(() => statSync(path.join(lab.run, 'exit')));
    expect(await lab.execute(untilLetGo)).toMatchObject({ code: 3, cause: 'exited' });
    expect(readFileSync(lab.place('runs'), 'utf8')).toBe('run\n');
  });

  test('keeps its time limit, counted from its beginning', async () => {
    await beginAndKill(stay);
    expect(await lab.execute(stay, { timeLimitMs: 1 })).toMatchObject({ signal: 'SIGTERM', cause: 'time-limit' });
  });

  test('can be cancelled', async () => {
    await beginAndKill(stay);
    const outcome = await executeCommand({ ...lab.execution(stay), cancel: AbortSignal.abort() });
    expect(outcome).toMatchObject({ signal: 'SIGTERM', cause: 'cancelled' });
  });

  test('is rid of what it left behind by the next agent', async () => {
    await beginAndKill(`(trap '' TERM; setsid sh -c '${stay}') & while [ ! -e go ]; do sleep 0.01; done`);
    letGo();
    await vi.waitFor(() => statSync(path.join(lab.run, 'exit')));
    expect(lab.processes()).not.toEqual([]);
    await lab.execute(stay);
  });
});

describe('an agent that goes', () => {
  beforeEach(() => {
    lab = makeLab();
  });

  test('leaves the command running, and nothing of itself', async () => {
    const shutdown = new AbortController();
    const left = executeCommand({ ...lab.execution(untilLetGo), shutdown: shutdown.signal });
    await begun();
    shutdown.abort(new Error('the agent ends'));
    await expect(left).rejects.toThrow('the agent ends');
    expect(lab.processes()).not.toEqual([]);
    letGo();
    expect(await lab.execute(untilLetGo)).toMatchObject({ code: 3, cause: 'exited' });
  });

  test('starts nothing any more', async () => {
    const shutdown = AbortSignal.abort(new Error('the agent ends'));
    await expect(executeCommand({ ...lab.execution('touch runs'), shutdown })).rejects.toThrow('the agent ends');
    expect(existsSync(lab.run)).toBe(false);
  });

  test('leaves also while it waits for what the command left behind', async () => {
    const script = `(trap '' TERM; ${stay}) & while [ ! -e runs ]; do sleep 0.01; done`;
    const shutdown = new AbortController();
    const left = executeCommand({ ...lab.execution(script), graceMs: 60_000, shutdown: shutdown.signal });
    await vi.waitFor(() => statSync(path.join(lab.run, 'exit')));
    shutdown.abort(new Error('the agent ends'));
    await expect(left).rejects.toThrow('the agent ends');
    await lab.execute(script);
  });
});

describe('a command without its supervisor', () => {
  beforeEach(() => {
    lab = makeLab();
  });

  test('is lost and ended when it killed that itself', async () => {
    const kill = `kill -KILL $(sed -n 2p '${lab.run}/started' | cut -d' ' -f1)`;
    expect(await lab.execute(`trap '' TERM; ${kill}; ${stay}`)).toEqual(lost);
  });

  test('is lost and ended when that is killed from outside', async () => {
    const running = lab.execute(stay);
    await begun();
    process.kill(supervisor(), 'SIGKILL');
    expect(await running).toEqual(lost);
  });

  test('is lost when both were killed while no agent was there', async () => {
    const shutdown = new AbortController();
    const left = executeCommand({ ...lab.execution(stay), shutdown: shutdown.signal });
    await begun();
    shutdown.abort(new Error('the agent ends'));
    await expect(left).rejects.toThrow('the agent ends');
    process.kill(-supervisor(), 'SIGKILL');
    await vi.waitFor(() => expect(lab.processes()).toEqual([]));
    expect(await lab.execute(stay)).toEqual(lost);
  });

  test('ends at its time limit also when that was stopped', async () => {
    const stop = `kill -STOP $(sed -n 2p '${lab.run}/started' | cut -d' ' -f1)`;
    expect(await lab.execute(`${stop}; ${stay}`, { timeLimitMs: 200 })).toMatchObject({ cause: 'time-limit' });
  });

  test('is lost when it began before the host was started anew', async () => {
    const running = lab.execute(untilLetGo);
    await begun();
    const launcher = openLauncher('of-another-boot');
    expect(await executeCommand({ ...lab.execution(untilLetGo), launcher })).toEqual(lost);
    letGo();
    expect(await running).toMatchObject({ code: 3 });
  });

  test('is lost when that was killed while it wrote that it is there', async () => {
    mkdirSync(lab.run);
    const started = path.join(lab.run, 'started');
    writeFileSync(started, 'half a bo');
    utimesSync(started, 0, 0);
    expect(await lab.execute(stay)).toEqual(lost);
    expect(existsSync(lab.place('runs'))).toBe(false);
  });
});
