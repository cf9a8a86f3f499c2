// Which hosts may speak: join tokens, and the end of a host's key.
import { z } from 'zod';
import { apiPrefix, pageOf, pageQuerySchema } from '../../../shared/wire/api.js';
import {
  joinTokenSchema,
  madeJoinTokenSchema,
  newJoinTokenBodySchema,
  revokedHostSchema,
} from '../../../shared/wire/joining_api.js';
import { id } from '../../../shared/model/names.js';
import { hostParams } from '../inputs.js';
import { defineRoute, type Route } from '../route.js';

const listJoinTokens = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/join-tokens`,
  role: 'admin',
  summary: 'The join tokens, the newest first',
  input: { query: pageQuerySchema.strict() },
  answers: { 200: { description: 'A page of join tokens', json: pageOf(joinTokenSchema) } },
  handle: ({ joining }, { query }) => joining.listTokens(query),
});

const createJoinToken = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/join-tokens`,
  role: 'admin',
  isAudited: true,
  summary: 'Make a token with which hosts join',
  description: 'The answer holds the token itself, for the only time: the controller keeps its hash.',
  input: { body: newJoinTokenBodySchema },
  answers: { 201: { description: 'The join token, and the command for the host', json: madeJoinTokenSchema } },
  async handle({ joining, actor }, { body }, { reply }) {
    reply.status(201);
    return joining.makeToken(body, actor);
  },
});

const revokeJoinToken = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/join-tokens/:id/revoke`,
  role: 'admin',
  isAudited: true,
  summary: 'Revoke a join token',
  description: 'Hosts that have joined with it stay.',
  input: { params: z.object({ id: id.describe('the id of a join token') }) },
  answers: { 200: { description: 'The join token, with which no host joins any more', json: joinTokenSchema } },
  handle: ({ joining, actor }, { params }) => joining.revokeToken(params.id, actor),
});

const revokeHost = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/hosts/:host/revoke`,
  role: 'admin',
  isAudited: true,
  summary: 'Revoke the key of a host',
  description: 'Its connection is closed at once. It may join again with a join token that names it in full.',
  input: { params: hostParams },
  answers: { 200: { description: 'The host, whose key is refused from now on', json: revokedHostSchema } },
  handle: ({ joining, actor }, { params }) => joining.revokeHost(params.host, actor),
});

export const joiningRoutes: readonly Route[] = [listJoinTokens, createJoinToken, revokeJoinToken, revokeHost];
