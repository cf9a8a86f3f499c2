// Runs one command to its end: starts or adopts it, enforces its limits, and ends the processes that it leaves behind.
import { stat } from 'node:fs/promises';
import type { EventOf } from '../../shared/model/journal/events.js';
import type { Clock } from '../../shared/os/clock.js';
import { agentLimits } from '../limits.js';
import type { Launch, Launcher } from './launcher.js';
import { describeStatus } from '../../shared/os/exit_status.js';
import { watchFolder } from './folder_watch.js';
import { readDurationMs, runFolder } from './run_folder.js';

/** How a command ended, as its event says it. */
export type Exit = Pick<EventOf<'exit'>, 'code' | 'signal' | 'cause' | 'ms'>;

/** How a command ended, and the processes of it that could not be ended. */
export interface Outcome extends Exit {
  left: readonly number[];
}

/** The pause between two checks of a command without a change event. */
const checkEveryMs = 200;

export interface Execution extends Omit<Launch, 'maxOutputBytes'> {
  launcher: Launcher;
  clock: Clock;
  graceMs: number;
  maxOutputBytes?: number;
  /** How long the command, and then what it left behind, is waited for once it got SIGKILL. */
  maxLeftoverWaitMs?: number;
  /** Ends the command. */
  cancel: AbortSignal;
  /** Stops waiting and leaves the command running, because the agent ends. Rejects with the signal's reason. */
  shutdown: AbortSignal;
}

interface Stop {
  cause: 'time-limit' | 'output-limit' | 'cancelled';
  /** From this monotonic time on the command gets SIGKILL. */
  killAtMs: number;
}

/**
 * Runs the command of `folder` to its end, or adopts the one that already runs or has ended there. May be called again.
 * A command that overruns its time or is cancelled gets SIGTERM, the grace period, then SIGKILL. One that prints too
 * much gets SIGKILL at once. What it left behind is ended in the same way. Both is waited for in a bounded time.
 * Throws AppError `io` when the command could not be started.
 */
export async function executeCommand(execution: Execution): Promise<Outcome> {
  const { launcher, folder, spec, clock, cancel, shutdown } = execution;
  const { maxOutputBytes = agentLimits.commandOutput.max } = execution;
  const { maxLeftoverWaitMs = agentLimits.leftoverWait.max } = execution;
  const kill = (signal: 'SIGTERM' | 'SIGKILL') => launcher.kill(folder, { user: spec.user, signal });
  // Changes of the output file are ignored: each line would wake this loop.
  const changes = watchFolder(folder, (name) => name === 'exit');
  cancel.addEventListener('abort', changes.notify);
  shutdown.addEventListener('abort', changes.notify);
  let stop: Stop | null = null;
  try {
    shutdown.throwIfAborted();
    const first = await launcher.readState(folder);
    if (first.state === 'absent') {
      if (cancel.aborted) return { code: null, signal: null, cause: 'cancelled', ms: 0, left: [] };
      await launcher.launch({ ...execution, maxOutputBytes }, changes.notify);
    }
    const begunMs = clock.monotonicMs() - (first.state === 'running' ? Math.max(0, first.elapsedMs) : 0);
    for (;;) {
      shutdown.throwIfAborted();
      changes.listen();
      const seen = await launcher.readState(folder);
      if (seen.state === 'exited' || seen.state === 'lost') {
        const left = spec.keepsChildren !== true || stop !== null ? await endLeftovers(execution, stop) : [];
        if (seen.state === 'lost') return { code: null, signal: null, cause: stop?.cause ?? 'lost', ms: 0, left };
        const ms = await readDurationMs(runFolder(folder));
        // It may have ended by itself before it was seen to be over the limit; then its output is incomplete.
        const cause = (await isOverLimit(folder, maxOutputBytes)) ? 'output-limit' : 'exited';
        return { ...describeStatus(seen.status), cause: stop?.cause ?? cause, ms, left };
      }
      if (stop === null) {
        stop = await findStop({ ...execution, maxOutputBytes }, begunMs);
        const isKept = stop?.cause === 'time-limit' && (await spec.isKeptAtTimeLimit?.()) === true;
        shutdown.throwIfAborted(); // It aborts the question, too.
        if (isKept) return { code: null, signal: null, cause: 'time-limit', ms: elapsedMs(clock, begunMs), left: [] };
        if (stop !== null) await kill(signalOf(stop, clock));
      } else if (signalOf(stop, clock) === 'SIGKILL') {
        await kill('SIGKILL');
        if (clock.monotonicMs() > stop.killAtMs + maxLeftoverWaitMs) await launcher.abandon(folder);
      }
      await changes.next({ timeoutMs: checkEveryMs });
    }
  } finally {
    changes.close();
    cancel.removeEventListener('abort', changes.notify);
    shutdown.removeEventListener('abort', changes.notify);
  }
}

const elapsedMs = (clock: Clock, sinceMs: number) => Math.round(clock.monotonicMs() - sinceMs);

async function findStop(execution: Execution & Pick<Launch, 'maxOutputBytes'>, begunMs: number): Promise<Stop | null> {
  const { folder, spec, clock, cancel, graceMs, maxOutputBytes } = execution;
  const nowMs = clock.monotonicMs();
  if (cancel.aborted) return { cause: 'cancelled', killAtMs: nowMs + graceMs };
  if (nowMs - begunMs > spec.timeLimitMs) return { cause: 'time-limit', killAtMs: nowMs + graceMs };
  return (await isOverLimit(folder, maxOutputBytes)) ? { cause: 'output-limit', killAtMs: nowMs } : null;
}

async function isOverLimit(folder: string, maxOutputBytes: number): Promise<boolean> {
  const output = await stat(runFolder(folder).output).catch(() => null);
  return output !== null && output.size > maxOutputBytes;
}

function signalOf({ killAtMs }: Pick<Stop, 'killAtMs'>, clock: Clock): 'SIGTERM' | 'SIGKILL' {
  return clock.monotonicMs() < killAtMs ? 'SIGTERM' : 'SIGKILL';
}

/**
 * Processes that the command left running get the same signals; those that had SIGTERM with it do not get it again. A
 * cancel ends their grace. Returns those that outlived SIGKILL for longer than the limit: they may start each other
 * anew faster than they are found, or hang in the kernel.
 */
async function endLeftovers(execution: Execution, stop: Stop | null): Promise<number[]> {
  const { launcher, folder, spec, clock, cancel, graceMs, shutdown } = execution;
  const { maxLeftoverWaitMs = agentLimits.leftoverWait.max } = execution;
  const kill = (signal: 'SIGTERM' | 'SIGKILL' | null) => launcher.kill(folder, { user: spec.user, signal });
  let killAtMs = stop?.killAtMs ?? clock.monotonicMs() + graceMs;
  let left = await kill(stop === null ? 'SIGTERM' : null);
  for (let pauseMs = 5; left.length > 0; pauseMs = Math.min(pauseMs * 2, checkEveryMs)) {
    if (clock.monotonicMs() > killAtMs + maxLeftoverWaitMs) return left;
    await clock.wait(pauseMs, shutdown);
    if (cancel.aborted && stop === null) killAtMs = Math.min(killAtMs, clock.monotonicMs());
    left = await kill(signalOf({ killAtMs }, clock) === 'SIGKILL' ? 'SIGKILL' : null);
  }
  return [];
}
