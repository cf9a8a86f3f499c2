// The routes of freezes as functions.
import type { z } from 'zod';
import { pageOf, type Page } from '../../shared/wire/api.js';
import { freezeSchema, type Freeze, type freezeBodySchema } from '../../shared/wire/freezes_api.js';
import { apiPath, type HttpConnection } from './http_connection.js';

/** Why a change is made. */
type Because = { reason?: string | undefined };

export interface FreezesClient {
  /** The latest first. */
  listFreezes: (query?: { limit?: number; cursor?: string }) => Promise<Page<Freeze>>;
  startFreeze: (body: z.input<typeof freezeBodySchema> & Because) => Promise<Freeze>;
  endFreeze: (name: string, body: Because) => Promise<Freeze>;
  /** It needs a reason. */
  exceptTenants: (name: string, body: { tenants: string[] } & Because) => Promise<Freeze>;
}

/** Over this connection. */
export function createFreezesClient(ask: HttpConnection['ask']): FreezesClient {
  const post = (path: string, body: unknown) => ask(freezeSchema, path, { method: 'POST', body });
  return {
    listFreezes: (query = {}) => ask(pageOf(freezeSchema), apiPath`/freezes`, { query }),
    startFreeze: (body) => post(apiPath`/freezes`, body),
    endFreeze: (name, body) => post(apiPath`/freezes/${name}/end`, body),
    exceptTenants: (name, body) => post(apiPath`/freezes/${name}/except`, body),
  };
}
