// One tenant.
import { apiPrefix, tenantSchema } from '../../../shared/wire/api.js';
import { slugParams } from '../inputs.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/tenants/:slug`,
  role: 'viewer',
  summary: 'One tenant, as its host last reported it',
  input: { params: slugParams },
  answers: { 200: { description: 'The tenant', json: tenantSchema } },
  handle: ({ fleet }, { params }) => fleet.findTenant(params.slug),
});
