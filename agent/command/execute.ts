// Carries one command to its end: starts or adopts it, holds it to its limits, and leaves nothing of it behind.
import { stat } from 'node:fs/promises';
import type { EventOf } from '../../shared/events.js';
import type { Clock } from '../../shared/clock.js';
import type { Launch, Launcher } from './launcher.js';
import { describeStatus } from './exit_status.js';
import { createNews } from './news.js';
import { readDurationMs, runFolder } from './run_folder.js';

export type Outcome = Pick<EventOf<'exit'>, 'code' | 'signal' | 'cause' | 'ms'>;
type StopCause = 'time-limit' | 'output-limit' | 'cancelled';

/** Between two looks at a command of which no news came. */
const lookEveryMs = 200;
/** Output beyond this ends the command: it would fill the disk. */
const maxOutputBytes = 1024 ** 3;

export interface Execution extends Launch {
  launcher: Launcher;
  clock: Clock;
  /** False where it may have begun before: with nothing of it left it is lost, not started. */
  mayStart: boolean;
  graceMs: number;
  /** Ends the command. */
  cancel: AbortSignal;
  /** Leaves the command running and gives up waiting: the agent is going. Rejects with the signal's reason. */
  leave: AbortSignal;
}

/**
 * Runs the command of `folder` to its end, or takes over what already runs or has ended there; may be called again.
 * A command that overruns its time or output, or is cancelled, gets SIGTERM, the grace period, then SIGKILL.
 */
export async function executeCommand(execution: Execution): Promise<Outcome> {
  const { launcher, folder, spec, cancel, leave } = execution;
  const news = createNews(folder);
  cancel.addEventListener('abort', news.wake);
  leave.addEventListener('abort', news.wake);
  let stopping: { cause: StopCause; sinceMs: number } | null = null;
  try {
    if ((await launcher.look(folder)).is === 'absent') {
      if (!execution.mayStart) return { code: null, signal: null, cause: 'lost', ms: 0 };
      if (cancel.aborted) return { code: null, signal: null, cause: 'cancelled', ms: 0 };
      await launcher.launch(execution, news.wake);
    }
    for (;;) {
      leave.throwIfAborted();
      news.listen();
      const seen = await launcher.look(folder);
      if (seen.is === 'exited' || seen.is === 'lost') {
        if (spec.keepsChildren !== true || stopping !== null) await endLeftovers(execution);
        if (seen.is === 'lost') return { code: null, signal: null, cause: stopping?.cause ?? 'lost', ms: 0 };
        const ms = await readDurationMs(runFolder(folder));
        return { ...describeStatus(seen.status), cause: stopping?.cause ?? 'exited', ms };
      }
      if (stopping === null) {
        const elapsedMs = seen.is === 'running' ? seen.elapsedMs : 0;
        const cause = await findStopCause(execution, elapsedMs);
        if (cause !== null) stopping = { cause, sinceMs: execution.clock.monotonicMs() };
        if (cause !== null) await launcher.kill(folder, { cookie: execution.cookie, signal: 'SIGTERM' });
      } else if (execution.clock.monotonicMs() - stopping.sinceMs >= execution.graceMs) {
        await launcher.kill(folder, { cookie: execution.cookie, signal: 'SIGKILL' });
      }
      await news.next(lookEveryMs);
    }
  } finally {
    news.close();
    cancel.removeEventListener('abort', news.wake);
    leave.removeEventListener('abort', news.wake);
  }
}

async function findStopCause({ folder, spec, cancel }: Execution, elapsedMs: number): Promise<StopCause | null> {
  if (cancel.aborted) return 'cancelled';
  if (elapsedMs > spec.timeLimitMs) return 'time-limit';
  const output = await stat(runFolder(folder).output).catch(() => null);
  return output !== null && output.size > maxOutputBytes ? 'output-limit' : null;
}

/** What the command left running gets the same as the command would: SIGTERM, the grace period, SIGKILL. */
async function endLeftovers({ launcher, folder, cookie, clock, graceMs }: Execution): Promise<void> {
  const sinceMs = clock.monotonicMs();
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, lookEveryMs)) {
    const signal = clock.monotonicMs() - sinceMs < graceMs ? 'SIGTERM' : 'SIGKILL';
    if ((await launcher.kill(folder, { cookie, signal })) === 0) return;
    await clock.wait(pauseMs);
  }
}
