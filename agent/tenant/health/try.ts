// One try of a health check: what it found.

/** `said` is what an operator wants to read of a failed one. */
export type Try = { healthy: true } | { healthy: false; said: string };
