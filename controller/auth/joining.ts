// Joining: the tokens with which hosts join, and the end of a host's key.
import type { Clock } from '../../shared/os/clock.js';
import type { JoinTokenView, MadeJoinToken, NewJoinTokenBody, RevokedHost } from '../../shared/wire/joining_api.js';
import type { Page, PageQuery } from '../../shared/wire/api.js';
import { closeCodes } from '../../shared/wire/protocol.js';
import type { Actor } from '../store/access.js';
import { createAuditEntries } from '../store/audit_entry.js';
import type { JoinStore } from '../store/joining.js';
import { hashToken, makeJoinToken } from './token.js';

export interface Joining {
  /** Makes a join token and returns it, for the only time. */
  makeToken(wish: NewJoinTokenBody, actor: Actor): Promise<MadeJoinToken>;
  /** The newest first. */
  listTokens(query: PageQuery): Promise<Page<JoinTokenView>>;
  /** From then on no host joins with it. Throws AppError `not-found`. */
  revokeToken(id: string, actor: Actor): Promise<JoinTokenView>;
  /** The host's key is refused from now on, and its connection closed. Throws AppError `not-found`. */
  revokeHost(host: string, actor: Actor): Promise<RevokedHost>;
}

export interface JoiningOptions {
  joins: JoinStore;
  clock: Pick<Clock, 'now'>;
  makeId: () => string;
  randomBytes: (bytes: number) => Buffer;
  /** What hosts dial, such as `wss://drover.example.com`. */
  agentUrl: () => string;
  endHost: (host: string, why: { code: number; reason: string }) => void;
}

/** Keeps nothing in memory. */
export function createJoining({ joins, clock, makeId, randomBytes, agentUrl, endHost }: JoiningOptions): Joining {
  const entryOf = createAuditEntries(clock);
  return {
    async makeToken({ hosts, uses, expires_in_s: seconds }, actor) {
      const token = makeJoinToken(randomBytes);
      const now = clock.now();
      const stored = {
        id: makeId(),
        hosts,
        uses,
        created_at: now.toISOString(),
        created_by: actor.token === null ? null : actor.name,
        expires_at: new Date(now.getTime() + seconds * 1000).toISOString(),
      };
      const entry = entryOf(actor, 'join-tokens.create', { target: stored.id });
      await joins.addToken({ ...stored, hash: hashToken(token) }, entry);
      const command = `drover-agent enroll ${agentUrl()} --token-stdin`;
      return { ...stored, uses_left: uses, revoked_at: null, token, command };
    },
    listTokens: (query) => joins.listTokens(query),
    revokeToken: (id, actor) => joins.revokeToken(id, entryOf(actor, 'join-tokens.revoke', { target: id })),
    async revokeHost(host, actor) {
      const { since } = await joins.revokeHost(host, entryOf(actor, 'hosts.revoke', { host }));
      endHost(host, { code: closeCodes.key, reason: `its key was revoked at ${since}` });
      return { host, revoked_at: since };
    },
  };
}
