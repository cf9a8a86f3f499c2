// How long to wait before the next attempt. Jitter spreads out clients that lost their server at the same time.

export interface BackOff {
  /** Attempts that failed in a row. */
  failures: number;
  firstMs: number;
  longestMs: number;
  /** How much of the pause is left to chance, from 0 (none) to 1 (all of it: full jitter). */
  jitter: number;
}

/** Milliseconds up to a ceiling that doubles with each failure; `random` is in [0, 1). Pure. */
export function backOffMs({ failures, firstMs, longestMs, jitter }: BackOff, random: number): number {
  return Math.min(longestMs, firstMs * 2 ** failures) * (1 - jitter * (1 - random));
}
