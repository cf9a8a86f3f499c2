// Who asks for something, and how long what is asked for may wait.

/** An operator on the host may do everything; a controller what `allow_remote` says. */
export interface Origin {
  by: 'host' | 'controller';
  /** How long what is asked for may wait before it begins; after that nobody counts on it any more. */
  startWithinMs: number;
}

export const fromHost: Origin = { by: 'host', startWithinMs: Number.POSITIVE_INFINITY };
