// Authenticates people and scripts by their token: `Authorization: Bearer TOKEN`.
import { AppError } from '../../shared/errors.js';
import type { Clock } from '../../shared/os/clock.js';
import { parseScope } from '../../shared/selection/parse_selection.js';
import type { StoredToken } from '../store/access.js';
import type { TokenStore } from '../store/access.js';
import type { Asker } from './asker.js';
import { hashToken } from './token.js';
import { expiredToken, revokedToken } from './token_ends.js';

export interface Authenticator {
  /** Throws AppError `unauthorized` unless the header carries a token that is neither revoked nor expired. */
  authenticate(header: string | undefined): Promise<Asker>;
}

/** The last use of a token is stored once in this time. */
const usedEveryMs = 3_600_000;
const sendHeader = 'Send the header `Authorization: Bearer TOKEN`.';

/** Over these tokens, each looked up for each request: a revoked one is refused from then on. */
export function createAuthenticator({
  tokens,
  clock,
}: {
  tokens: Pick<TokenStore, 'findByHash' | 'markUsed'>;
  clock: Pick<Clock, 'now'>;
}): Authenticator {
  async function noteUse({ id, used_at: usedAt }: StoredToken, now: Date): Promise<void> {
    if (usedAt !== null && now.getTime() - Date.parse(usedAt) < usedEveryMs) return;
    // A disk that is full must not keep people from reading.
    await tokens.markUsed(id, now.toISOString()).catch(() => undefined);
  }

  return {
    async authenticate(header) {
      const token = await tokens.findByHash(hashToken(readHeader(header)));
      if (token === null) {
        throw new AppError('unauthorized', 'the token is wrong', {
          hint: 'Use a token of this controller, whole and unquoted; `drover-controller token NAME` makes one there.',
        });
      }
      const now = clock.now();
      refuseEnded(token, now);
      await noteUse(token, now);
      const { id, name, role, scope, expires_at: expiresAt } = token;
      return { token: id, name, role, scope: scope === null ? null : parseScope(scope), expiresAt };
    },
  };
}

function readHeader(header: string | undefined): string {
  if (header === undefined) throw new AppError('unauthorized', 'the request has no token', { hint: sendHeader });
  const given = /^Bearer +(\S+) *$/i.exec(header)?.[1];
  if (given !== undefined) return given;
  throw new AppError('unauthorized', 'the Authorization header is not of the form `Bearer TOKEN`', {
    hint: sendHeader,
  });
}

function refuseEnded({ name, revoked_at: revokedAt, expires_at: expiresAt }: StoredToken, now: Date): void {
  if (revokedAt !== null) throw revokedToken(name, revokedAt);
  if (expiresAt !== null && Date.parse(expiresAt) <= now.getTime()) throw expiredToken(name, expiresAt);
}
