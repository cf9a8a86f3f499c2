// Runs one command to its end: starts or adopts it, enforces its limits, and ends the processes that it leaves behind.
import { stat } from 'node:fs/promises';
import type { EventOf } from '../../shared/model/events.js';
import type { Clock } from '../../shared/os/clock.js';
import { agentLimits } from '../limits.js';
import type { Launch, Launcher } from './launcher.js';
import { describeStatus } from '../../shared/os/exit_status.js';
import { watchFolder } from './folder_watch.js';
import { readDurationMs, runFolder } from './run_folder.js';

export type Outcome = Pick<EventOf<'exit'>, 'code' | 'signal' | 'cause' | 'ms'>;

/** The pause between two checks of a command without a change event. */
const checkEveryMs = 200;

export interface Execution extends Launch {
  launcher: Launcher;
  clock: Clock;
  graceMs: number;
  maxOutputBytes?: number;
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
 * much gets SIGKILL at once, or it could fill the disk meanwhile. Throws AppError `io` when the command could not be
 * started.
 */
export async function executeCommand(execution: Execution): Promise<Outcome> {
  const { launcher, folder, spec, cookie, clock, cancel, shutdown } = execution;
  // Changes of the output file are ignored: each line would wake this loop.
  const changes = watchFolder(folder, (name) => name === 'exit');
  cancel.addEventListener('abort', changes.notify);
  shutdown.addEventListener('abort', changes.notify);
  let stop: Stop | null = null;
  try {
    shutdown.throwIfAborted();
    const first = await launcher.readState(folder);
    if (first.state === 'absent') {
      if (cancel.aborted) return { code: null, signal: null, cause: 'cancelled', ms: 0 };
      await launcher.launch(execution, changes.notify);
    }
    const begunMs = clock.monotonicMs() - (first.state === 'running' ? Math.max(0, first.elapsedMs) : 0);
    for (;;) {
      shutdown.throwIfAborted();
      changes.listen();
      const seen = await launcher.readState(folder);
      if (seen.state === 'exited' || seen.state === 'lost') {
        if (spec.keepsChildren !== true || stop !== null) await endLeftovers(execution, stop);
        if (seen.state === 'lost') return { code: null, signal: null, cause: stop?.cause ?? 'lost', ms: 0 };
        const ms = await readDurationMs(runFolder(folder));
        return { ...describeStatus(seen.status), cause: stop?.cause ?? 'exited', ms };
      }
      if (stop === null) {
        stop = await findStop(execution, begunMs);
        if (stop !== null) await launcher.kill(folder, { cookie, signal: signalOf(stop, clock) });
      } else if (signalOf(stop, clock) === 'SIGKILL') {
        await launcher.kill(folder, { cookie, signal: 'SIGKILL' });
      }
      await changes.next({ timeoutMs: checkEveryMs });
    }
  } finally {
    changes.close();
    cancel.removeEventListener('abort', changes.notify);
    shutdown.removeEventListener('abort', changes.notify);
  }
}

async function findStop(execution: Execution, begunMs: number): Promise<Stop | null> {
  const { folder, spec, clock, cancel, graceMs, maxOutputBytes = agentLimits.commandOutput.max } = execution;
  const nowMs = clock.monotonicMs();
  if (cancel.aborted) return { cause: 'cancelled', killAtMs: nowMs + graceMs };
  if (nowMs - begunMs > spec.timeLimitMs) return { cause: 'time-limit', killAtMs: nowMs + graceMs };
  const output = await stat(runFolder(folder).output).catch(() => null);
  return output !== null && output.size > maxOutputBytes ? { cause: 'output-limit', killAtMs: nowMs } : null;
}

function signalOf({ killAtMs }: Pick<Stop, 'killAtMs'>, clock: Clock): 'SIGTERM' | 'SIGKILL' {
  return clock.monotonicMs() < killAtMs ? 'SIGTERM' : 'SIGKILL';
}

/** Processes that the command left running get the same signals; those that had SIGTERM with it do not get it again. */
async function endLeftovers(execution: Execution, stop: Stop | null): Promise<void> {
  const { launcher, folder, cookie, clock, graceMs, shutdown } = execution;
  const killAtMs = stop?.killAtMs ?? clock.monotonicMs() + graceMs;
  let left = await launcher.kill(folder, { cookie, signal: stop === null ? 'SIGTERM' : null });
  for (let pauseMs = 5; left > 0; pauseMs = Math.min(pauseMs * 2, checkEveryMs)) {
    await clock.wait(pauseMs, shutdown);
    const signal = signalOf({ killAtMs }, clock) === 'SIGKILL' ? 'SIGKILL' : null;
    left = await launcher.kill(folder, { cookie, signal });
  }
}
