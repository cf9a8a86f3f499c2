// Who may ask the controller, and what was asked: tokens and the audit log, as the store keeps them.
import type { Role } from '../../shared/model/roles.js';
import type { Page, PageQuery } from '../../shared/wire/api.js';

/** A token of a person or a script. The store has its hash only. */
export interface StoredToken {
  id: string;
  name: string;
  role: Role;
  /** A selection; null sees every tenant. */
  scope: string | null;
  /** ISO 8601, as are all times. */
  created_at: string;
  /** The name of the token that made it; null for one that was made on the controller's own machine. */
  created_by: string | null;
  expires_at: string | null;
  revoked_at: string | null;
  /** When it was last used, to the hour. */
  used_at: string | null;
}

export interface NewToken extends Omit<StoredToken, 'revoked_at' | 'used_at'> {
  /** SHA-256 of the token, hexadecimal. */
  hash: string;
}

/** Who asks for a change, from where, and why. */
export interface Actor {
  /** The id of the token; null on the controller's own machine. */
  token: string | null;
  /** The name of the token. */
  name: string;
  /** An IP address; null on the controller's own machine. */
  address: string | null;
  reason: string | null;
}

/** An idempotency key, whose it is, and the request that it belongs to. */
export interface Key {
  /** The id of the token that gave it: the same key of another token is another key. */
  owner: string;
  key: string;
  fingerprint: string;
}

/** A change that was made. */
export interface AuditEntry extends Actor {
  at: string;
  /** Such as `upgrade` or `tokens.revoke`. */
  action: string;
  tenant: string | null;
  host: string | null;
  /** What it was done to besides: the id of an upgrade, the tag of marked hooks, the name of a token. */
  target: string | null;
}

export interface StoredAuditEntry extends AuditEntry {
  /** Grows with every entry. */
  no: number;
}

/** Tokens of people and scripts. */
export interface TokenStore {
  /** Also one that is revoked or expired. */
  findByHash(hash: string): Promise<StoredToken | null>;
  /** The oldest first; the cursor is the id of the last one shown. */
  list(query: PageQuery): Promise<Page<StoredToken>>;
  /** Throws AppError `busy` where another token that is not revoked has the name. */
  add(token: NewToken, audit: AuditEntry): Promise<void>;
  /** Throws AppError `not-found` for a name that no token has which is not revoked. */
  revoke(name: string, audit: AuditEntry): Promise<StoredToken>;
  markUsed(id: string, at: string): Promise<void>;
}
