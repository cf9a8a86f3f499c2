// One try of a health check: what it found.

/** `reason` is the text of a failed try for the operator. */
export type Try = { healthy: true } | { healthy: false; reason: string };
