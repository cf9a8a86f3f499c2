// One host.
import { apiPrefix, hostSchema } from '../../../shared/wire/api.js';
import { hostParams } from '../inputs.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/hosts/:host`,
  role: 'viewer',
  summary: 'One host: its agent, its facts, its tenants',
  input: { params: hostParams },
  answers: { 200: { description: 'The host', json: hostSchema } },
  handle: ({ fleet }, { params }) => fleet.findHost(params.host),
});
