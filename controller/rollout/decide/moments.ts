// The next moment at which something changes by itself.

export interface Moments {
  /** A moment in ISO 8601, or null; one that has passed does not count, unless it is now. */
  add(moment: string | null): void;
  next(): string | null;
}

/** Those from `at` on. */
export function createMoments(at: string): Moments {
  let first: string | null = null;
  return {
    add(moment) {
      if (moment !== null && moment >= at && (first === null || moment < first)) first = moment;
    },
    next: () => first,
  };
}
