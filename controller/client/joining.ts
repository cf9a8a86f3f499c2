// The part of the client that is about joining: join tokens, and the end of a host's key.
import type { z } from 'zod';
import { pageOf, type Page } from '../../shared/wire/api.js';
import {
  joinTokenSchema,
  madeJoinTokenSchema,
  revokedHostSchema,
  type JoinTokenView,
  type MadeJoinToken,
  type newJoinTokenBodySchema,
  type RevokedHost,
} from '../../shared/wire/joining_api.js';
import { apiPath, type HttpConnection } from './http_connection.js';

type PageInput = { limit?: number; cursor?: string };
/** Why; it goes to the audit log. */
type Reason = { reason?: string | undefined };

export interface JoiningClient {
  makeJoinToken: (body: z.input<typeof newJoinTokenBodySchema> & Reason) => Promise<MadeJoinToken>;
  /** The newest first. */
  listJoinTokens: (query?: PageInput) => Promise<Page<JoinTokenView>>;
  revokeJoinToken: (id: string, body: Reason) => Promise<JoinTokenView>;
  revokeHost: (host: string, body: Reason) => Promise<RevokedHost>;
}

/** Over this connection. */
export function createJoiningClient({ ask }: Pick<HttpConnection, 'ask'>): JoiningClient {
  return {
    makeJoinToken: (body) => ask(madeJoinTokenSchema, apiPath`/join-tokens`, { method: 'POST', body }),
    listJoinTokens: (query = {}) => ask(pageOf(joinTokenSchema), apiPath`/join-tokens`, { query }),
    revokeJoinToken: (id, body) => ask(joinTokenSchema, apiPath`/join-tokens/${id}/revoke`, { method: 'POST', body }),
    revokeHost: (host, body) => ask(revokedHostSchema, apiPath`/hosts/${host}/revoke`, { method: 'POST', body }),
  };
}
