// One upgrade: its result as far as it is known.
import { apiPrefix, upgradeSchema } from '../../../shared/wire/api.js';
import { upgradeParams } from '../inputs.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/upgrades/:id`,
  role: 'viewer',
  summary: 'One upgrade: its result as far as it is known, and where its command is',
  input: { params: upgradeParams },
  answers: { 200: { description: 'The upgrade', json: upgradeSchema } },
  handle: ({ fleet }, { params }) => fleet.findUpgrade(params.id),
});
