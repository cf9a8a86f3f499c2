// Asks once: what is slow to find out, and the same for everyone who asks.

/** Gives the answer of the first call to every call, a failure included. */
export function askOnce<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => (answer ??= ask());
}
