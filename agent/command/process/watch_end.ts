// Waits for the end of a process of a tenant's user, which need not come: a tracer, any process of that user, hides what
// has ended from its parent, and the kernel may hold a process in a file system of the tenant's.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How long a process is waited for once it got SIGKILL. */
const waitMs = 1000;

export interface EndWatch {
  /** Resolves when the process has ended, or is not waited for any more. Rejects where it could not be started. */
  ended: Promise<void>;
  /** To be called with SIGKILL: from now on the end is waited for a short time only. May be called again. */
  expectEnd: () => void;
}

/** Watches a process that was started just now. */
export function watchEnd(child: ChildProcess): EndWatch {
  let waiting: NodeJS.Timeout | undefined;
  const givenUp = new AbortController();
  const ended = Promise.race([once(child, 'exit'), once(givenUp.signal, 'abort')]).then(() => clearTimeout(waiting));
  ended.catch(() => undefined); // Awaited later; until then a rejection must not count as unhandled.
  const giveUp = () => {
    child.unref();
    givenUp.abort();
  };
  return { ended, expectEnd: () => void (waiting ??= setTimeout(giveUp, waitMs)) };
}
