// Upgrades a tenant.
import { apiPrefix, upgradeBodySchema, upgradeSchema } from '../../../shared/wire/api.js';
import { orderHeaders, slugParams } from '../inputs.js';
import { answerUpgrade } from '../prefer_wait.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/upgrade`,
  role: 'operator',
  summary: 'Upgrade a tenant',
  description: 'Stored at once, and offered to its host until that has answered or `start_within_s` is over.',
  input: { params: slugParams, headers: orderHeaders, body: upgradeBodySchema },
  answers: {
    200: { description: 'It has ended (under `Prefer: wait`)', json: upgradeSchema },
    202: { description: 'It is stored; `Location` is where it is looked at', json: upgradeSchema },
  },
  async handle(services, { params, headers, body }, call) {
    const upgrade = await services.fleet.upgrade(params.slug, body, headers['idempotency-key']);
    return answerUpgrade(services, { upgrade, prefer: headers.prefer }, call);
  },
});
