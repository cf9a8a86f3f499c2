// The pause before the next attempt to connect. Many agents that lose their controller together must not return
// together.
import { backOffMs } from '../../shared/os/back_off.js';

const firstMs = 1000;
/** A connection that lasts this long also resets the count of failures. */
const longestMs = 30_000;

export interface Attempts {
  /** Attempts that failed since a connection lasted. */
  failed: number;
  /** How long the last one was connected; 0 where it never was. */
  connectedMs: number;
}

/** Full jitter over a ceiling that doubles with each failed attempt; `random` is in [0, 1). */
export function backOff({ failed, connectedMs }: Attempts, random: number): { delayMs: number; failed: number } {
  const before = connectedMs >= longestMs ? 0 : failed;
  return { delayMs: backOffMs({ failures: before, firstMs, longestMs, jitter: 1 }, random), failed: before + 1 };
}
