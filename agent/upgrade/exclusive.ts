// One at a time, per key: two upgrades must not fetch into one mirror at once.
import { createWorkQueue, type RunQueued } from '../../shared/os/work_queue.js';

export type Exclusive = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Work with the same key runs in order; each begins when the one before has ended or failed. */
export function createExclusive(): Exclusive {
  const queues = new Map<string, RunQueued>();
  return (key, work) => {
    const run = queues.get(key) ?? createWorkQueue(1);
    queues.set(key, run);
    return run(work);
  };
}
