// The origin of a request, how long the request may wait, and its key.
import type { KeyedRequest } from './request_keys.js';

/** An operator on the host may do everything; a controller only what `allow_remote` allows. */
export interface Origin {
  by: 'host' | 'controller';
  /** How long the request may wait before it begins; after that it expires. */
  startWithinMs: number;
  /** Absent for a request without an operator's key. */
  keyed?: KeyedRequest | undefined;
}

export const fromHost: Origin = { by: 'host', startWithinMs: Number.POSITIVE_INFINITY };
