// The tenants of the fleet.
import { apiPrefix, pageOf, pageQuerySchema, tenantSchema } from '../../../shared/wire/api.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/tenants`,
  role: 'viewer',
  summary: 'The tenants of the fleet, in order of their names',
  input: { query: pageQuerySchema.strict() },
  answers: { 200: { description: 'A page of tenants', json: pageOf(tenantSchema) } },
  handle: ({ fleet }, { query }) => fleet.listTenants(query),
});
