// The hosts of the fleet.
import { apiPrefix, hostSchema, pageOf, pageQuerySchema } from '../../../shared/wire/api.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/hosts`,
  role: 'viewer',
  summary: 'The hosts of the fleet, in order of their names',
  input: { query: pageQuerySchema.strict() },
  answers: { 200: { description: 'A page of hosts', json: pageOf(hostSchema) } },
  handle: ({ fleet }, { query }) => fleet.listHosts(query),
});
