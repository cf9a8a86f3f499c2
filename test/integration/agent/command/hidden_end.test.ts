// Processes of another user that hide their end, or hide that they live.
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { executeCommand } from '../../../../agent/command/execute.js';
import { findProcess } from '../../../../agent/command/process/processes.js';
import { sendSignal } from '../../../../agent/command/process/signal_processes.js';
import { createProbe } from '../../../../agent/command/probe.js';
import { currentUser } from '../../../../agent/command/user.js';
import { quoteWord } from '../../../../shared/os/quote_word.js';
import { endFirstThread, hideEnd } from '../../../helpers/agent/hide_end.js';
import { nobody } from '../../../helpers/agent/run_commands.js';
import { makeLab, type Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = makeLab(nobody);
});
afterEach(async () => {
  if (existsSync(lab.place('tracer'))) sendSignal(Number(readFileSync(lab.place('tracer'), 'utf8')), 'SIGKILL');
  await lab.remove();
});

test('a command whose end a tracer hides has ended, with its own status and output', async () => {
  const outcome = await lab.execute(`${hideEnd('tracer')}; echo the last line; exit 7`, { timeLimitMs: 5000 });
  expect(outcome).toMatchObject({ code: 7, cause: 'exited', left: [] });
  expect(lab.output()).toBe('the last line\n');
});

test('a command that hides the end of one of its threads is given up soon after SIGKILL', async () => {
  const cancel = new AbortController();
  const wait = 'while [ ! -e thread ]; do sleep 0.01; done';
  const script = `(${wait}${hideEnd('tracer', '$(cat thread)')}) & ${endFirstThread('thread')}`;
  const running = executeCommand({ ...lab.execution(script), maxLeftoverWaitMs: 200, cancel: cancel.signal });
  await vi.waitFor(() => expect(existsSync(lab.place('tracer'))).toBe(true), { timeout: 10_000 });
  cancel.abort();
  expect(await running).toMatchObject({ cause: 'cancelled' });
});

test('a look at the tenant whose end is hidden ends soon after its time limit', async () => {
  const probe = createProbe({ agentUid: currentUser().uid, signal: new AbortController().signal });
  const argv = ['sh', '-c', hideEnd('tracer')] as const;
  const looking = probe({ argv, user: nobody, cwd: lab.cwd, env: { PATH: '/usr/bin:/bin' }, timeLimitMs: 500 });
  await expect(looking).rejects.toMatchObject({ code: 'time-limit' });
});

test('a process that is left behind is ended also where its first thread has ended', async () => {
  const lasting = `setsid sh -c ${quoteWord(endFirstThread('thread'))}`;
  const script = `${lasting} & while [ ! -e thread ]; do sleep 0.01; done`;
  expect(await lab.execute(script)).toMatchObject({ code: 0, left: [] });
  const thread = Number(readFileSync(lab.place('thread'), 'utf8'));
  expect(existsSync(`/proc/${thread}`)).toBe(false);
  expect(findProcess(thread)).toBeNull();
});
