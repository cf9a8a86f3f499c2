// Random numbers that are the same in every run.

/** Numbers in [0, 1) from a seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the items, in their order. */
export function choose<T>(items: readonly T[], { count, random }: { count: number; random: () => number }): T[] {
  const chosen = new Set(
    items
      .map((_, index) => ({ index, rank: random() }))
      .toSorted((left, right) => left.rank - right.rank)
      .slice(0, count)
      .map(({ index }) => index),
  );
  return items.filter((_, index) => chosen.has(index));
}
