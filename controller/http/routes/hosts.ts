// Hosts: their agents, facts and tenants.
import { apiPrefix, hostSchema, pageOf, pageQuerySchema } from '../../../shared/wire/api.js';
import { hostParams } from '../inputs.js';
import { defineRoute, type Route } from '../route.js';

const listHosts = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/hosts`,
  role: 'viewer',
  summary: 'The hosts of the fleet, sorted by name',
  input: { query: pageQuerySchema.strict() },
  answers: { 200: { description: 'A page of hosts', json: pageOf(hostSchema) } },
  handle: ({ fleet }, { query }) => fleet.listHosts(query),
});

const getHost = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/hosts/:host`,
  role: 'viewer',
  summary: 'One host: its agent, its facts, its tenants',
  input: { params: hostParams },
  answers: { 200: { description: 'The host', json: hostSchema } },
  handle: ({ fleet }, { params }) => fleet.findHost(params.host),
});

export const hostsRoutes: readonly Route[] = [listHosts, getHost];
