// Whether the store takes writes, for probes that anyone may send: one write serves all of a while.
import { AppError, toAppError } from '../../shared/errors.js';
import type { Clock } from '../../shared/os/clock.js';

/** Throws AppError `unreachable` where the store takes none. */
export type ProbeStore = () => Promise<void>;

const probeEveryMs = 1000;

/** Over `write`, which rejects where the store is full or closed. */
export function createStoreProbe(write: () => Promise<void>, clock: Pick<Clock, 'monotonicMs'>): ProbeStore {
  let last: { atMs: number; done: Promise<void> } | null = null;
  return async () => {
    const nowMs = clock.monotonicMs();
    if (last === null || nowMs - last.atMs >= probeEveryMs) last = { atMs: nowMs, done: write() };
    try {
      await last.done;
    } catch (error) {
      throw new AppError('unreachable', `the store takes no writes: ${toAppError(error).message}`, {
        cause: error,
        hint: 'Free space on the disk of `data_dir`; the log of the controller has more.',
      });
    }
  };
}
