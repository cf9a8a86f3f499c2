// Which hosts may speak: join tokens, and the keys of hosts, as the store keeps them.
import type { AuditEntry } from './access.js';

/** With it hosts join. The store has its hash only. */
export interface StoredJoinToken {
  id: string;
  /** Patterns of host names, such as `web-*`; null for any new host. */
  hosts: string[] | null;
  uses: number;
  uses_left: number;
  /** ISO 8601, as are all times. */
  created_at: string;
  /** The name of the token that made it; null for one that was made on the controller's own machine. */
  created_by: string | null;
  expires_at: string;
  revoked_at: string | null;
}

export interface NewJoinToken extends Omit<StoredJoinToken, 'uses_left' | 'revoked_at'> {
  /** SHA-256 of the token, hexadecimal. */
  hash: string;
}

/** `replaced`: the host has another key since then. Only an active key is accepted. */
export const keyStates = ['active', 'replaced', 'revoked', 'quarantined'] as const;
export type KeyState = (typeof keyStates)[number];

/** A public key of a host. */
export interface StoredHostKey {
  key: string;
  host: string;
  state: KeyState;
  /** When it became that. */
  since: string;
  /** Why it was revoked, or null. */
  why: string | null;
  /** The addresses that used it at the same time, where it is quarantined. */
  places: string[];
}

export interface Enrolment {
  tokenHash: string;
  host: string;
  key: string;
  /** Where it comes from, for the audit log. */
  address: string;
  /** ISO 8601. */
  at: string;
}

export interface Rotation extends Omit<Enrolment, 'tokenHash' | 'host'> {
  next: string;
}

/** What became of it: the host that has the key from now on, or why not, in a few words. */
export type KeyChange = { host: string; refusal: null } | { host: null; refusal: string };

/** Keys of hosts, and the tokens with which they are taken. */
export interface JoinStore {
  /** The id of this controller, which is made with the store and stays. */
  controllerId(): string;
  findKey(key: string): Promise<StoredHostKey | null>;
  /**
   * Takes the key as the host's, and one use of the token; the host's key before is replaced. Of a key that is the
   * host's already nothing changes: an enrolment may be repeated. Durable when it resolves.
   */
  enroll(enrolment: Enrolment): Promise<KeyChange>;
  /** Replaces the host's active key by the next one. May be repeated. */
  rotate(rotation: Rotation): Promise<KeyChange>;
  /** The key is refused from now on. May be repeated. */
  quarantine(use: { key: string; places: string[]; at: string }): Promise<void>;
  /** Refuses the host's active or quarantined key from now on. Throws AppError `not-found` where it has none, `unknown-host`. */
  revokeHost(host: string, audit: AuditEntry): Promise<StoredHostKey>;
  addToken(token: NewJoinToken, audit: AuditEntry): Promise<void>;
  /** The newest first; the cursor is the id of the last one shown. */
  listTokens(query: { limit: number; cursor?: string | undefined }): Promise<{
    items: StoredJoinToken[];
    next: string | null;
  }>;
  /** Throws AppError `not-found`. May be repeated. */
  revokeToken(id: string, audit: AuditEntry): Promise<StoredJoinToken>;
}
