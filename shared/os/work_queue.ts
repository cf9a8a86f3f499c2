// A queue of work in this process: first in, first out, with a limit of concurrency.
import PQueue from 'p-queue';

/** Queues `work`; settles as it does. Work that fails does not block the queue. */
export type RunQueued = <T>(work: () => Promise<T>) => Promise<T>;

/** A queue that runs `concurrency` at a time. */
export function createWorkQueue(concurrency: number): RunQueued {
  const queue = new PQueue({ concurrency });
  return (work) => queue.add(work);
}
