// Repeats a request whose answer got lost: with an Idempotency-Key it is one request however often it arrives.
import type { Clock } from '../../shared/os/clock.js';
import { AppError, toAppError } from '../../shared/errors.js';
import { causeOf } from './explain_unreachable.js';
import { hasErrno } from '../../shared/os/errno.js';
import { backOffMs } from '../../shared/os/back_off.js';

const patienceMs = 10_000;
const pauses = { firstMs: 250, longestMs: 2000, jitter: 0.5 };

/** Errors of connections that were made, and broke. */
const broken = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];

/**
 * The answer. Throws the controller's own error, or AppError `unreachable`: at once where nothing was sent, otherwise after
 * ten seconds, because the controller may have accepted it; `shownBy` is the command that shows whether it has.
 */
export async function repeatRequest<T>(
  ask: () => Promise<T>,
  { clock, random, shownBy = 'drover upgrades' }: { clock: Clock; random: () => number; shownBy?: string },
): Promise<T> {
  const sinceMs = clock.monotonicMs();
  for (let failures = 0; ; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      const lost = toAppError(error);
      // Without a cause the controller itself answers this, about a host.
      if (lost.code !== 'unreachable' || lost.cause === undefined) throw lost;
      if (failures === 0 && !mayHaveArrived(lost)) throw lost;
      if (clock.monotonicMs() - sinceMs > patienceMs) throw maybeAccepted(lost, shownBy);
      await clock.wait(backOffMs({ failures, ...pauses }, random()));
    }
  }
}

function mayHaveArrived(lost: AppError): boolean {
  const cause = causeOf(lost);
  // Any other value is the answer of a proxy.
  return !(cause instanceof Error) || hasErrno(cause, ...broken);
}

function maybeAccepted(lost: AppError, shownBy: string): AppError {
  return new AppError('unreachable', `${lost.message}; the controller may have accepted the request`, {
    hint: `\`${shownBy}\` shows it, once the controller is reachable.`,
    cause: lost,
  });
}
