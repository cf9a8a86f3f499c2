// Ends what still runs for a token once the token itself has ended: it was revoked, or it expired.
import { AppError } from '../../shared/errors.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Asker } from './asker.js';

export interface TokenEnds {
  /** A signal that aborts when `over` does, or with AppError `unauthorized` when the token ends before that. */
  watch(asker: Asker, over: AbortSignal): AbortSignal;
  /** Aborts what is watched for the token with this id. `at` is ISO 8601. */
  revoke(token: string, at: string): void;
}

/** No timer may be longer. */
const maxTimerMs = 2 ** 31 - 1;

/** Remembers a request only while it runs. */
export function createTokenEnds(clock: Pick<Clock, 'now' | 'wait'>): TokenEnds {
  const running = new Map<string, Map<AbortController, string>>();

  function forget(token: string, ending: AbortController): void {
    const others = running.get(token);
    others?.delete(ending);
    if (others?.size === 0) running.delete(token);
  }

  async function waitUntil(at: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const leftMs = Date.parse(at) - clock.now().getTime();
      if (leftMs <= 0) return;
      await clock.wait(Math.min(leftMs, maxTimerMs), signal);
    }
  }

  return {
    watch({ token, name, expiresAt }, over) {
      if (over.aborted) return over;
      const ending = new AbortController();
      running.set(token, (running.get(token) ?? new Map<AbortController, string>()).set(ending, name));
      over.addEventListener('abort', () => forget(token, ending), { once: true });
      if (expiresAt !== null) {
        waitUntil(expiresAt, over).then(
          () => ending.abort(expiredToken(name, expiresAt)),
          () => undefined,
        );
      }
      return AbortSignal.any([over, ending.signal]);
    },
    revoke(token, at) {
      for (const [ending, name] of running.get(token) ?? []) ending.abort(revokedToken(name, at));
    },
  };
}

const hint = 'An admin makes a new one: `drover tokens create NAME --role ROLE`.';

/** AppError `unauthorized`, for a token that was revoked then (ISO 8601). */
export function revokedToken(name: string, at: string): AppError {
  return new AppError('unauthorized', `the token ${name} was revoked at ${at}`, { hint });
}

/** AppError `unauthorized`, for a token that expired then (ISO 8601). */
export function expiredToken(name: string, at: string): AppError {
  return new AppError('unauthorized', `the token ${name} expired at ${at}`, { hint });
}
