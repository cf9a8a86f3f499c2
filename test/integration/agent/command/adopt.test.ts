import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { executeCommand } from '../../../../agent/command/execute.js';
import { findProcess } from '../../../../agent/command/process/processes.js';
import { currentUser } from '../../../../agent/command/user.js';
import { openLauncher } from '../../../helpers/agent/in_process_host.js';
import { nobody } from '../../../helpers/agent/run_commands.js';
import { makeLab, type Lab } from './lab.js';

/** Runs until it is let go, and counts how often it was begun. */
const waitForGo = 'while [ ! -e go ]; do sleep 0.01; done';
const untilLetGo = `echo run >>runs; echo first; ${waitForGo}; echo last; exit 3`;
const stay = 'touch runs; while :; do sleep 0.01; done';
const program = path.join(import.meta.dirname, '../../../../dist/test/helpers/agent/execute_command.js');

let lab: Lab;
afterEach(() => lab.remove());

const begun = () => vi.waitFor(() => statSync(lab.place('runs')), { timeout: 10_000 });
const letGo = () => writeFileSync(lab.place('go'), '');
/** The pids of the two processes of the supervisor. */
const supervisors = () => {
  const [, ...stats] = readFileSync(path.join(lab.run, 'started'), 'utf8').trimEnd().split('\n');
  return stats.map((stat) => Number.parseInt(stat, 10));
};
const kill = (pids: readonly number[]) => {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
};
const sizeOfOutput = () => statSync(path.join(lab.run, 'output')).size;
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

describe.each([currentUser(), nobody])('a command of $name whose supervisor is killed', (user) => {
  beforeEach(() => {
    lab = makeLab(user);
  });

  describe.each([{ which: 'first' }, { which: 'second' }])('in its $which process', ({ which }) => {
    const killOne = () => kill(which === 'first' ? supervisors().slice(0, 1) : supervisors().slice(1));

    test('goes on, and ends once with its own status and all its output', async () => {
      const running = lab.execute(untilLetGo);
      await begun();
      killOne();
      letGo();
      expect(await running).toMatchObject({ code: 3, signal: null, cause: 'exited' });
      expect(lab.output()).toBe('first\nlast\n');
      expect(readFileSync(lab.place('runs'), 'utf8')).toBe('run\n');
    });

    test('goes on also without an agent, and is taken over by the next one', async () => {
      await beginAndKill(untilLetGo);
      killOne();
      const adopted = lab.execute(untilLetGo);
      letGo();
      expect(await adopted).toMatchObject({ code: 3, cause: 'exited' });
      expect(lab.output()).toBe('first\nlast\n');
      expect(readFileSync(lab.place('runs'), 'utf8')).toBe('run\n');
    });

    test('loses nothing of what it prints at that moment', async () => {
      const running = lab.execute('touch runs; while [ ! -e go ]; do echo "line $((n += 1))"; done; echo $n >count');
      const seeMore = (than: number) => vi.waitFor(() => expect(sizeOfOutput()).toBeGreaterThan(than + 65_536));
      await begun();
      await seeMore(0);
      killOne();
      await seeMore(sizeOfOutput());
      letGo();
      expect(await running).toMatchObject({ code: 0, cause: 'exited' });
      const count = Number(readFileSync(lab.place('count'), 'utf8'));
      expect(lab.output()).toBe(Array.from({ length: count }, (_, n) => `line ${n + 1}\n`).join(''));
    });

    test('ends at its time limit', async () => {
      await beginAndKill(stay);
      killOne();
      expect(await lab.execute(stay, { timeLimitMs: 1 })).toMatchObject({ signal: 'SIGTERM', cause: 'time-limit' });
    });
  });

  test('in both is left alone until it ends, and is lost only then', async () => {
    const running = lab.execute(`echo run >>runs; ${waitForGo}; echo end >>runs`);
    await begun();
    kill(supervisors());
    await vi.waitFor(() => expect(supervisors().map((pid) => findProcess(pid))).toEqual([null, null]));
    expect(await openLauncher().readState(lab.run)).toMatchObject({ state: 'running' });
    letGo();
    expect(await running).toEqual(lost);
    expect(readFileSync(lab.place('runs'), 'utf8')).toBe('run\nend\n');
  });

  test('in both ends at its time limit', async () => {
    await beginAndKill(stay);
    kill(supervisors());
    expect(await lab.execute(stay, { timeLimitMs: 1 })).toMatchObject({ cause: 'time-limit' });
    expect(lab.processes()).toEqual([]);
  });
});

describe('a command without its supervisor', () => {
  beforeEach(() => {
    lab = makeLab();
  });

  test('is lost when all of it was killed while no agent was there', async () => {
    const shutdown = new AbortController();
    const left = executeCommand({ ...lab.execution(stay), shutdown: shutdown.signal });
    await begun();
    shutdown.abort(new Error('the agent ends'));
    await expect(left).rejects.toThrow('the agent ends');
    process.kill(-(supervisors()[0] ?? 0), 'SIGKILL');
    await vi.waitFor(() => expect(lab.processes()).toEqual([]));
    expect(await lab.execute(stay)).toEqual(lost);
  });

  test('ends at its time limit also when that was stopped', async () => {
    const stop = `kill -STOP $(sed -n 2p '${lab.run}/started' | cut -d' ' -f1)`;
    expect(await lab.execute(`${stop}; ${stay}`, { timeLimitMs: 200 })).toMatchObject({ cause: 'time-limit' });
    await vi.waitFor(() => expect(supervisors().map(findProcess)).toEqual([null, null]));
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
