// Cancels an upgrade.
import { apiPrefix, cancelBodySchema, upgradeSchema } from '../../../shared/wire/api.js';
import { upgradeParams } from '../inputs.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/upgrades/:id/cancel`,
  role: 'operator',
  summary: 'Cancel an upgrade, or withdraw one that has not begun',
  description: 'The tenant is put back as it was; `force` also ends a migration.',
  input: { params: upgradeParams, body: cancelBodySchema },
  answers: { 200: { description: 'The upgrade, which now ends', json: upgradeSchema } },
  handle: ({ fleet }, { params, body }) => fleet.cancel(params.id, body),
});
