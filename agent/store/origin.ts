// The origin of a request: who asks, for which rollout, how long the request may wait, and its key.
import type { RolloutAttempt } from '../../shared/model/request.js';
import type { KeyedRequest } from './request_keys.js';

/** An operator on the host may do everything; a controller only what `allow_remote` allows. */
export interface Origin {
  by: 'host' | 'controller';
  /** How long the request may wait before it begins; after that it expires. */
  startWithinMs: number;
  /** Absent for a request without an operator's key. */
  keyed?: KeyedRequest | undefined;
  /** The rollout that asks for it, and the how manieth attempt it is. */
  rollout?: RolloutAttempt | undefined;
}

export const fromHost: Origin = { by: 'host', startWithinMs: Number.POSITIVE_INFINITY };
