// Short read-only commands for the plan, run as the tenant's user; never journalled, never adopted.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { setImmediate as afterIo, setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../shared/errors.js';
import { decodeBytes, encodeBytes } from '../../shared/os/byte_text.js';
import { agentLimits } from '../limits.js';
import { collectOutput } from './process/collect_output.js';
import { environmentWith, makeSecret } from './supervisor/cookie.js';
import { enterCommand, systemPath } from './supervisor/enter.js';
import { findCommandProcesses, findProcess, type CommandMarks } from './process/processes.js';
import { signalGroup, signalProcesses } from './process/signal_processes.js';
import { watchEnd } from './process/watch_end.js';
import type { RunProbe, User } from './spec.js';
import { showWords } from './tenant_path.js';

/** Standard error is for messages only: of a longer one only this much is kept. */
const maxErrorBytes = 128 * 1024;
const { probeOutput, probeLines } = agentLimits;
const defaultTimeLimitMs = 60_000;
/** Of a probe that was ended at its time limit, as the program `timeout` has it. */
const lateExit = 124;
/** Between SIGTERM and SIGKILL. */
const graceMs = 1000;
/** How often a look at what a probe left behind is repeated until nothing is left, and the pause before the next. */
const leftoverLooks = 20;
const leftoverPauseMs = 5;

/**
 * Makes the probe for an agent of `agentUid`. A failing command is a result. Throws AppError `time-limit` or
 * `output-limit` when it overruns a limit, `command-failed` when it cannot be started, and the signal's reason on
 * abort. Whatever the end, processes that it left behind are ended, also in sessions of their own.
 */
export function createProbe({ agentUid, signal }: { agentUid: number; signal: AbortSignal }): RunProbe {
  return async ({ argv, user, cwd, env = {}, stdin, timeLimitMs = defaultTimeLimitMs, keepsPrinted = false }) => {
    signal.throwIfAborted();
    const [file, ...args] = enterCommand({ user, cwd, argv }, agentUid);
    const cookie = makeSecret();
    const child = spawn(file, args, {
      cwd: '/',
      env: { PATH: systemPath },
      // A process group of its own, so that its children end with it.
      detached: true,
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    const leader = child.pid === undefined ? null : findProcess(child.pid);
    const { ended, expectEnd } = watchEnd(child);
    // Where no descriptor is free the streams are undefined, despite their type.
    const [, stdout = null, stderr = null, environment] = child.pid === undefined ? [] : child.stdio;
    const [limit, flood] = [AbortSignal.timeout(Math.ceil(timeLimitMs)), new AbortController()];
    const bounds = { maxBytes: probeOutput.max, maxLines: probeLines.max, flood };
    const printed = collectOutput(stdout, { ...bounds, keptBytes: probeOutput.max });
    const messages = collectOutput(stderr, { ...bounds, keptBytes: maxErrorBytes });
    feed(child.stdin, stdin ?? '');
    feed(environment, environmentWith(cookie, env));
    const stop = AbortSignal.any([signal, limit, flood.signal]);
    let grace: NodeJS.Timeout | undefined;
    const end = () => void (grace = endGroup(child.pid, expectEnd));
    stop.addEventListener('abort', end);
    try {
      await ended;
    } catch (error) {
      throw new AppError('command-failed', `${showWords(argv)} could not be run`, { cause: error });
    } finally {
      stop.removeEventListener('abort', end);
      clearTimeout(grace);
    }
    await closePipes(child.pid, [stdout, stderr]);
    if (leader !== null) await endLeftovers({ supervisors: [leader.pid], startTime: leader.startTime, cookie }, user);
    signal.throwIfAborted();
    if (limit.aborted && !keepsPrinted) {
      throw new AppError('time-limit', `${showWords(argv)} did not end within ${Math.ceil(timeLimitMs) / 1000} s`);
    }
    if (flood.signal.aborted) {
      const most = `${probeOutput.max / 1024 ** 2} MiB, or ${probeLines.max} lines`;
      throw new AppError('output-limit', `${showWords(argv)} printed more than ${most}`);
    }
    const ownExit = child.signalCode === null ? (child.exitCode ?? 0) : 128 + constants.signals[child.signalCode];
    const exitCode = limit.aborted ? lateExit : ownExit;
    return { exitCode, stdout: decodeBytes(printed()), stderr: messages().toString() };
  };
}

/** Writes the text to a pipe of the probe and closes it; a probe may end without having read it. */
function feed(pipe: Readable | Writable | null | undefined, text: string): void {
  if (pipe === null || pipe === undefined || !('end' in pipe)) return;
  pipe.on('error', () => {});
  pipe.end(encodeBytes(text));
}

/** Bounded: where they start each other anew faster than they are found, some are left. Root's probes leave none. */
async function endLeftovers(marks: Omit<CommandMarks, 'uid' | 'known'>, { uid }: User): Promise<void> {
  if (uid === 0) return;
  let known: CommandMarks['known'] = new Map();
  for (let look = 0; look < leftoverLooks; look += 1) {
    const found = await findCommandProcesses({ ...marks, uid, known });
    if (found.pids.length === 0) return;
    signalProcesses(found, 'SIGKILL');
    known = found.startTimes;
    await sleep(leftoverPauseMs);
  }
}

/**
 * When the command ends, its output is in the pipes, and the event loop's next round reads it. The end of the pipes is
 * not awaited: a process that the command left behind in another session may hold them open forever.
 */
async function closePipes(pid: number | undefined, pipes: readonly (Readable | null)[]): Promise<void> {
  signalGroup(pid, 'SIGKILL');
  await afterIo();
  await afterIo();
  for (const pipe of pipes) pipe?.destroy();
}

/** SIGTERM, and SIGKILL after the grace; then calls `onKill`. */
function endGroup(pid: number | undefined, onKill: () => void): NodeJS.Timeout {
  signalGroup(pid, 'SIGTERM');
  return setTimeout(() => {
    signalGroup(pid, 'SIGKILL');
    onKill();
  }, graceMs);
}
