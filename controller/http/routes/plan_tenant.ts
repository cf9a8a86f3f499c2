// What an upgrade would do.
import { apiPrefix, planBodySchema } from '../../../shared/wire/api.js';
import { planSchema } from '../../../shared/model/plan.js';
import { slugParams } from '../inputs.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/plan`,
  role: 'operator',
  summary: 'What an upgrade would do, without touching the tenant',
  description: "Made by the tenant's agent now: a problem `offline` where its host is away.",
  input: { params: slugParams, body: planBodySchema },
  answers: { 200: { description: 'The plan', json: planSchema } },
  handle: ({ fleet }, { params, body }, { signal }) => fleet.plan(params.slug, body, signal),
});
