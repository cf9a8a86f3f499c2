// Who may use the API: tokens, and the audit log.
import { z } from 'zod';
import {
  auditEntrySchema,
  auditQuerySchema,
  madeTokenSchema,
  newTokenBodySchema,
  tokenSchema,
} from '../../../shared/wire/access_api.js';
import { apiPrefix, pageOf, pageQuerySchema } from '../../../shared/wire/api.js';
import { tokenName } from '../../../shared/model/names.js';
import { defineRoute, type Route } from '../route.js';

const tokenParams = z.object({ name: tokenName.describe('the name of a token') });

const listTokens = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/tokens`,
  role: 'admin',
  summary: 'The tokens of people and scripts, the oldest first',
  input: { query: pageQuerySchema.strict() },
  answers: { 200: { description: 'A page of tokens', json: pageOf(tokenSchema) } },
  handle: ({ access }, { query }) => access.listTokens(query),
});

const createToken = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tokens`,
  role: 'admin',
  isAudited: true,
  summary: 'Make a token',
  description: 'The answer holds the token itself, for the only time: the controller keeps its hash.',
  input: { body: newTokenBodySchema },
  answers: { 201: { description: 'The token', json: madeTokenSchema } },
  async handle({ access, actor }, { body }, { reply }) {
    const { expires_in_s: seconds, ...wish } = body;
    const expiresInMs = seconds === null ? null : seconds * 1000;
    reply.status(201);
    return access.makeToken({ ...wish, expiresInMs }, actor);
  },
});

const revokeToken = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tokens/:name/revoke`,
  role: 'admin',
  isAudited: true,
  summary: 'Revoke a token',
  input: { params: tokenParams },
  answers: { 200: { description: 'The token, which is refused from now on', json: tokenSchema } },
  handle: ({ access, actor }, { params }) => access.revokeToken(params.name, actor),
});

const listAudit = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/audit`,
  role: 'operator',
  summary: 'The changes that were made, the latest first',
  description: 'A token with a scope sees those of its tenants.',
  input: { query: auditQuerySchema.strict() },
  answers: { 200: { description: 'A page of changes', json: pageOf(auditEntrySchema) } },
  handle: ({ access, asker }, { query }) => access.listAudit(query, asker.scope),
});

export const accessRoutes: readonly Route[] = [listTokens, createToken, revokeToken, listAudit];
