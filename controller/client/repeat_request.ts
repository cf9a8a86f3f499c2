// A request that is repeated where its answer got lost: one with an Idempotency-Key is the same however often it arrives.
import type { Clock } from '../../shared/os/clock.js';
import { AppError, toAppError } from '../../shared/errors.js';
import { causeOf } from './http_connection.js';
import { hasErrno } from '../../shared/os/errno.js';
import { backOffMs } from '../../shared/os/back_off.js';

const patienceMs = 10_000;
const pauses = { firstMs: 250, longestMs: 2000, jitter: 0.5 };

/** Of connections that were made, and broke. */
const broken = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];

/**
 * The answer. Throws what the controller says, or AppError `unreachable`: at once where nothing was sent, and otherwise,
 * because it may have been taken on, after ten seconds.
 */
export async function repeatRequest<T>(
  ask: () => Promise<T>,
  { clock, random }: { clock: Clock; random: () => number },
): Promise<T> {
  const sinceMs = clock.monotonicMs();
  for (let failures = 0; ; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      const lost = toAppError(error);
      // Without a cause it is the controller that says so, of a host.
      if (lost.code !== 'unreachable' || lost.cause === undefined) throw lost;
      if (failures === 0 && !mayHaveArrived(lost)) throw lost;
      if (clock.monotonicMs() - sinceMs > patienceMs) throw perhapsTaken(lost);
      await clock.wait(backOffMs({ failures, ...pauses }, random()));
    }
  }
}

function mayHaveArrived(lost: AppError): boolean {
  const cause = causeOf(lost);
  // What is no error is what a proxy said instead of the controller.
  return !(cause instanceof Error) || hasErrno(cause, ...broken);
}

function perhapsTaken(lost: AppError): AppError {
  return new AppError('unreachable', `${lost.message}; what was asked for may have been taken on all the same`, {
    hint: '`drover upgrades` shows that, once the controller is there.',
    cause: lost,
  });
}
