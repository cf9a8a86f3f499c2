// A queue of work in this process: so many at a time, in the order given.
import PQueue from 'p-queue';

/** Resolves or rejects as `work` does, once it had its place; work that fails holds up nothing behind it. */
export type RunQueued = <T>(work: () => Promise<T>) => Promise<T>;

/** A queue that runs `concurrency` at a time. */
export function createWorkQueue(concurrency: number): RunQueued {
  const queue = new PQueue({ concurrency });
  return (work) => queue.add(work);
}
