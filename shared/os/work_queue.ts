// A queue of work in this process: first in, first out, with a limit of concurrency.
import PQueue from 'p-queue';

/** Queues `work`; settles as it does. Work that fails does not block the queue. */
export type RunQueued = <T>(work: () => Promise<T>) => Promise<T>;

export interface WorkQueue {
  run: RunQueued;
  /** From now on it runs so many at a time; none that runs is stopped. */
  resize: (concurrency: number) => void;
}

/** A queue that runs `concurrency` at a time. */
export function createWorkQueue(concurrency: number): RunQueued {
  return createResizableQueue(concurrency).run;
}

/** The same, with a limit that may change. */
export function createResizableQueue(concurrency: number): WorkQueue {
  const queue = new PQueue({ concurrency });
  return {
    run: (work) => queue.add(work),
    resize(next) {
      queue.concurrency = next;
    },
  };
}
