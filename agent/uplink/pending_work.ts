// Work that is under way, to be waited for.

export interface PendingWork {
  add(work: Promise<unknown>): void;
  isIdle(): boolean;
  /** Resolves when none is under way. Rejects as soon as one of them does. */
  idle(): Promise<void>;
}

/** None yet. */
export function createPendingWork(): PendingWork {
  const works = new Set<Promise<unknown>>();
  return {
    add(work) {
      works.add(work);
      const forget = () => works.delete(work);
      work.then(forget, forget);
    },
    isIdle: () => works.size === 0,
    async idle() {
      while (works.size > 0) await Promise.all(works);
    },
  };
}
