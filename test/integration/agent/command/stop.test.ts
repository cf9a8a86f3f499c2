import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { executeCommand, type Execution } from '../../../../agent/command/execute.js';
import { findProcess } from '../../../../agent/command/process/processes.js';
import { currentUser } from '../../../../agent/command/user.js';
import { nobody } from '../../../helpers/agent/run_commands.js';
import { makeLab, type Lab } from './lab.js';

const users = [
  { who: 'the agent itself', user: currentUser() },
  { who: 'another user', user: nobody },
];
/** Says that it is there, and stays. */
const stay = 'touch begun; while :; do sleep 0.01; done';

describe.each(users)('what is left of a command of $who', ({ user }) => {
  let lab: Lab;
  beforeEach(() => {
    lab = makeLab(user);
  });
  afterEach(() => lab.remove());

  /** Begins a command, waits until it says that it is there, then does `then`. */
  const begin = async (script: string, over: Partial<Execution>, then: () => void = () => {}) => {
    const ending = executeCommand({ ...lab.execution(script), ...over });
    await vi.waitFor(() => statSync(lab.place('begun')), { timeout: 10_000 });
    then();
    return ending;
  };
  const pidIn = (name: string) => Number(readFileSync(lab.place(name), 'utf8'));

  test('is nothing when it overruns its time', async () => {
    expect(await lab.execute(stay, { timeLimitMs: 200 })).toMatchObject({ signal: 'SIGTERM', cause: 'time-limit' });
  });

  test('is nothing when it is cancelled', async () => {
    const cancel = new AbortController();
    const outcome = await begin(stay, { cancel: cancel.signal }, () => cancel.abort());
    expect(outcome).toMatchObject({ signal: 'SIGTERM', cause: 'cancelled' });
  });

  test('is nothing when it was cancelled before it began', async () => {
    const outcome = await executeCommand({ ...lab.execution(stay), cancel: AbortSignal.abort() });
    expect(outcome).toEqual({ code: null, signal: null, cause: 'cancelled', ms: 0, left: [] });
    expect(existsSync(lab.place('begun'))).toBe(false);
  });

  test('may be what it does at the first SIGTERM, in its grace', async () => {
    const cancel = new AbortController();
    const script = `trap ': >tidied; exit 7' TERM; ${stay}`;
    const outcome = await begin(script, { cancel: cancel.signal, graceMs: 30_000 }, () => cancel.abort());
    expect(outcome).toMatchObject({ code: 7, signal: null, cause: 'cancelled' });
    expect(existsSync(lab.place('tidied'))).toBe(true);
  });

  test('gets SIGKILL after its grace when it ignores SIGTERM', async () => {
    const cancel = new AbortController();
    const outcome = await begin(`trap '' TERM HUP INT; ${stay}`, { cancel: cancel.signal }, () => cancel.abort());
    expect(outcome).toMatchObject({ signal: 'SIGKILL', cause: 'cancelled' });
  });

  test('is bounded on the disk when it prints without end', async () => {
    const maxOutputBytes = 1024 ** 2;
    const outcome = await executeCommand({ ...lab.execution("trap '' TERM; yes"), maxOutputBytes, graceMs: 60_000 });
    expect(outcome).toMatchObject({ signal: 'SIGKILL', cause: 'output-limit' });
    expect(statSync(path.join(lab.run, 'output')).size).toBeGreaterThan(maxOutputBytes);
  });

  test('does not keep it from ending: a child in the background that holds its output', async () => {
    const outcome = await lab.execute(`(${stay}) & while [ ! -e begun ]; do sleep 0.01; done; exit 3`);
    expect(outcome).toMatchObject({ code: 3, cause: 'exited' });
  });

  test('has its grace as well: a child in the background that tidies up', async () => {
    const script = `(trap ': >tidied; exit' TERM; ${stay}) & while [ ! -e begun ]; do sleep 0.01; done`;
    await executeCommand({ ...lab.execution(script), graceMs: 30_000 });
    expect(existsSync(lab.place('tidied'))).toBe(true);
  });

  test('is signalled once, not over and over: a child in the background that counts', async () => {
    const count = "trap 'echo told >>told; sleep 0.1; exit' TERM";
    await executeCommand({
      ...lab.execution(`(${count}; ${stay}) & while [ ! -e begun ]; do sleep 0.01; done`),
      graceMs: 30_000,
    });
    expect(readFileSync(lab.place('told'), 'utf8')).toBe('told\n');
  });

  test('is found in a session of its own, forked twice and ignoring SIGTERM', async () => {
    const script = `trap '' TERM HUP; (setsid sh -c '(echo $$ >escaped; ${stay}) &' &) ; while [ ! -e begun ]; do sleep 0.01; done`;
    const outcome = await lab.execute(script);
    expect(outcome).toMatchObject({ code: 0, cause: 'exited' });
  });

  test('is found as the child of such a one, though it took another environment', async () => {
    const script = `setsid sh -c 'env -i PATH=/usr/bin:/bin setsid sh -c "echo \\$\\$ >pid; ${stay}" & wait' & while [ ! -e begun ]; do sleep 0.01; done`;
    expect(await lab.execute(script)).toMatchObject({ code: 0, cause: 'exited' });
    expect(findProcess(pidIn('pid'))).toBeNull();
  });

  test('is left alone where it is the point of the command', async () => {
    const spec = { keepsChildren: true };
    const lasting = 'setsid sh -c "touch begun; while [ ! -e go ]; do sleep 0.01; done"';
    await lab.execute(`${lasting} & while [ ! -e begun ]; do sleep 0.01; done`, spec);
    expect(lab.processes().length).toBeGreaterThan(0);
    writeFileSync(lab.place('go'), '');
    await vi.waitFor(() => expect(lab.processes()).toEqual([]));
  });

  test('is nothing of that either when it overran its time', async () => {
    const spec = { keepsChildren: true, timeLimitMs: 200 };
    expect(await lab.execute(`setsid sh -c '${stay}' & wait`, spec)).toMatchObject({ cause: 'time-limit' });
  });
});

describe('what cannot be ended', () => {
  let lab: Lab;
  beforeEach(() => {
    lab = makeLab();
  });
  afterEach(() => lab.remove());

  /** A launcher under which a command always leaves this process behind. */
  const execution = (over: Partial<Execution> = {}): Execution => {
    const made = lab.execution('true');
    return { ...made, launcher: { ...made.launcher, kill: () => Promise.resolve([4711]) }, graceMs: 10, ...over };
  };

  test('is waited for until a limit, and then named', async () => {
    const outcome = await executeCommand(execution({ maxLeftoverWaitMs: 30 }));
    expect(outcome).toMatchObject({ code: 0, cause: 'exited', left: [4711] });
  });

  test('does not keep its grace once the upgrade is cancelled', async () => {
    const cancel = new AbortController();
    const running = executeCommand(execution({ graceMs: 3_600_000, maxLeftoverWaitMs: 30, cancel: cancel.signal }));
    await vi.waitFor(() => statSync(path.join(lab.run, 'exit')), { timeout: 10_000 });
    cancel.abort();
    // Whether the end or the cancel was seen first is open; either way it ends.
    expect((await running).left).toEqual([4711]);
  });
});
