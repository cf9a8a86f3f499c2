// Bounds the requests that wait: followers of logs, and those that wait for an upgrade or a plan.
import { AppError } from '../../shared/errors.js';
import { controllerLimits } from '../limits.js';

export interface WaitingRequests {
  /** Counts a request until `signal` aborts. Throws AppError `too-many` over the limit. May be called once a request. */
  admit(signal: AbortSignal): void;
}

/** None wait at first. */
export function createWaitingRequests(max: number = controllerLimits.waitingRequests.max): WaitingRequests {
  let waiting = 0;
  return {
    admit(signal) {
      if (signal.aborted) return;
      if (waiting >= max) {
        throw new AppError('too-many', `${max} requests to this controller wait already`, {
          hint: 'Ask again later, or ask without waiting: without `Prefer: wait`, and for a log with `follow=false`.',
        });
      }
      waiting += 1;
      signal.addEventListener('abort', () => (waiting -= 1), { once: true });
    },
  };
}
