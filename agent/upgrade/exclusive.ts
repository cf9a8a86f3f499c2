// One at a time, per key: two upgrades must not fetch into one mirror at once.
import PQueue from 'p-queue';

export type Exclusive = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Work given with one key runs in the order given, each after the one before has ended, however that ended. */
export function createExclusive(): Exclusive {
  const queues = new Map<string, PQueue>();
  return (key, work) => {
    const queue = queues.get(key) ?? new PQueue({ concurrency: 1 });
    queues.set(key, queue);
    return queue.add(work);
  };
}
