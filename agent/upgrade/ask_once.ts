// Shares one slow answer between several callers.

/** Returns the answer of the first call to every call, also where it is a failure. */
export function askOnce<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => (answer ??= ask());
}
