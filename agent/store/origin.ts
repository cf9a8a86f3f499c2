// The origin of a request, and how long the request may wait.

/** An operator on the host may do everything; a controller only what `allow_remote` allows. */
export interface Origin {
  by: 'host' | 'controller';
  /** How long the request may wait before it begins; after that it expires. */
  startWithinMs: number;
}

export const fromHost: Origin = { by: 'host', startWithinMs: Number.POSITIVE_INFINITY };
