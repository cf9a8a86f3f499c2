// Access: the tokens of people and scripts, made and revoked, and the audit log.
import { AppError } from '../../shared/errors.js';
import type { Role } from '../../shared/model/roles.js';
import type { Clock } from '../../shared/os/clock.js';
import { parseScope } from '../../shared/selection/parse_selection.js';
import type { Selection } from '../../shared/selection/selection.js';
import type { AuditQuery, AuditView, MadeToken, TokenView } from '../../shared/wire/access_api.js';
import type { Page, PageQuery } from '../../shared/wire/api.js';
import type { Actor, StoredAuditEntry } from '../store/access.js';
import { createAuditEntries } from '../store/audit_entry.js';
import type { Store } from '../store/port.js';
import { hashToken, makeToken } from './token.js';
import type { TokenEnds } from './token_ends.js';

export interface TokenWish {
  name: string;
  role: Role;
  /** A selection, or null for every tenant. */
  scope: string | null;
  expiresInMs: number | null;
}

export interface Access {
  /**
   * Makes a token and returns it, for the only time. Throws AppError `busy` for a name that is in use, `invalid` for a
   * scope that is wrong, or of an admin.
   */
  makeToken(wish: TokenWish, actor: Actor): Promise<MadeToken>;
  listTokens(query: PageQuery): Promise<Page<TokenView>>;
  /** From then on it is refused, and what still runs for it ends. Throws AppError `not-found`. */
  revokeToken(name: string, actor: Actor): Promise<TokenView>;
  /** The latest first; what was done to tenants that the scope does not hold is left out. */
  listAudit(query: AuditQuery, scope: Selection | null): Promise<Page<AuditView>>;
}

export interface AccessOptions {
  store: Pick<Store, 'tokens' | 'seenBy'>;
  clock: Pick<Clock, 'now'>;
  makeId: () => string;
  randomBytes: (bytes: number) => Buffer;
  /** Of the requests of this process; without it none runs here. */
  tokenEnds?: Pick<TokenEnds, 'revoke'>;
}

/** Keeps nothing in memory. */
export function createAccess({ store, clock, makeId, randomBytes, tokenEnds }: AccessOptions): Access {
  const entryOf = createAuditEntries(clock);
  return {
    async makeToken({ name, role, scope, expiresInMs }, actor) {
      checkScope(role, scope);
      const token = makeToken(randomBytes);
      const now = clock.now();
      const stored = {
        id: makeId(),
        name,
        role,
        scope,
        created_at: now.toISOString(),
        created_by: actor.token === null ? null : actor.name,
        expires_at: expiresInMs === null ? null : new Date(now.getTime() + expiresInMs).toISOString(),
      };
      await store.tokens.add({ ...stored, hash: hashToken(token) }, entryOf(actor, 'tokens.create', { target: name }));
      return { ...stored, revoked_at: null, used_at: null, token };
    },
    listTokens: (query) => store.tokens.list(query),
    async revokeToken(name, actor) {
      const entry = entryOf(actor, 'tokens.revoke', { target: name });
      const token = await store.tokens.revoke(name, entry);
      tokenEnds?.revoke(token.id, entry.at);
      return token;
    },
    async listAudit(query, scope) {
      const { items, next } = await store.seenBy(scope).listAudit(query);
      return { items: items.map(viewEntry), next };
    },
  };
}

function checkScope(role: Role, scope: string | null): void {
  if (scope === null) return;
  if (role === 'admin') {
    throw new AppError('invalid', 'a token of an admin cannot have a scope: an admin decides who sees what', {
      hint: 'Leave the scope out, or make it a token of an operator.',
    });
  }
  parseScope(scope);
}

function viewEntry({ name, token: _token, ...entry }: StoredAuditEntry): AuditView {
  return { ...entry, by: name };
}
