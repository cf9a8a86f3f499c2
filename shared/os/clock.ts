// Time as a parameter: wall time for names and records, monotonic time for limits.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Clock {
  now(): Date;
  /** Milliseconds that never jump; only differences mean anything. */
  monotonicMs(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  async wait(ms, signal) {
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/** `2025-12-16 10:15:30`, in UTC as everything that Drover writes down, of a time in ISO 8601. */
export const showTime = (at: string) => at.slice(0, 19).replace('T', ' ');

/** `20251216_101530`, in UTC: the form in the names of backups and of what was set aside. */
export function fileTimestamp(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll('-', '').replace('T', '_').replaceAll(':', '');
}
