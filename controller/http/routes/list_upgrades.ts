// The history of upgrades, and what is under way.
import { apiPrefix, pageOf, upgradesQuerySchema, upgradeSummarySchema } from '../../../shared/wire/api.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/upgrades`,
  role: 'viewer',
  summary: 'Upgrades, the newest first',
  input: { query: upgradesQuerySchema.strict() },
  answers: { 200: { description: 'A page of upgrades', json: pageOf(upgradeSummarySchema) } },
  handle: ({ fleet }, { query }) => fleet.listUpgrades(query),
});
