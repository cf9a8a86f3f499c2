// Freezes: nothing of their tenants is started, but what is excepted by name and reason.
import { apiPrefix, pageOf, pageQuerySchema } from '../../../shared/wire/api.js';
import { exceptionBodySchema, freezeBodySchema, freezeSchema } from '../../../shared/wire/freezes_api.js';
import { freezeParams } from '../inputs.js';
import { defineRoute, type Route } from '../route.js';

const one = { 200: { description: 'The freeze as it is now', json: freezeSchema } };

const listFreezes = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/freezes`,
  role: 'viewer',
  wholeFleet: true,
  summary: 'Freezes, the newest first',
  input: { query: pageQuerySchema.strict() },
  answers: { 200: { description: 'A page of freezes', json: pageOf(freezeSchema) } },
  handle: ({ freezes }, { query }) => freezes.list(query),
});

const startFreeze = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/freezes`,
  role: 'operator',
  wholeFleet: true,
  isAudited: true,
  summary: 'Freeze tenants: no upgrade of them starts, alone or of a rollout',
  description: 'What runs goes on, and so do cancels, resumes and rollbacks.',
  input: { body: freezeBodySchema },
  answers: { 201: { description: 'The freeze', json: freezeSchema } },
  async handle({ freezes }, { body }, { reply }) {
    const freeze = await freezes.start(body);
    reply.status(201);
    return freeze;
  },
});

const endFreeze = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/freezes/:name/end`,
  role: 'operator',
  wholeFleet: true,
  isAudited: true,
  summary: 'End a freeze, or one that has not begun',
  input: { params: freezeParams },
  answers: one,
  handle: ({ freezes }, { params }) => freezes.end(params.name),
});

const exceptTenants = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/freezes/:name/except`,
  role: 'operator',
  wholeFleet: true,
  isAudited: true,
  summary: 'Let tenants through a freeze; it needs a reason',
  input: { params: freezeParams, body: exceptionBodySchema },
  answers: one,
  handle: ({ freezes }, { params, body }) => freezes.except(params.name, body.tenants),
});

export const freezesRoutes: readonly Route[] = [listFreezes, startFreeze, endFreeze, exceptTenants];
