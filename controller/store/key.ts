// Idempotency keys.

/** An idempotency key, whose it is, and the request that it belongs to. */
export interface Key {
  /** The id of the token that gave it: the same key of another token is another key. */
  owner: string;
  key: string;
  fingerprint: string;
}
