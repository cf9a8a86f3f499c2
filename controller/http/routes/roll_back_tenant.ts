// Turns a tenant's latest upgrade back.
import { apiPrefix, rollbackBodySchema, upgradeSchema } from '../../../shared/wire/api.js';
import { orderHeaders, slugParams } from '../inputs.js';
import { answerUpgrade } from '../prefer_wait.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/rollback`,
  role: 'operator',
  summary: "Turn a tenant's latest upgrade back",
  description: 'A problem `offline` where its host is away.',
  input: { params: slugParams, headers: orderHeaders, body: rollbackBodySchema },
  answers: {
    200: { description: 'It has ended (under `Prefer: wait`)', json: upgradeSchema },
    202: { description: 'The upgrade that is turned back; `Location` is where it is looked at', json: upgradeSchema },
  },
  async handle(services, { params, headers, body }, call) {
    const upgrade = await services.fleet.rollback(params.slug, body, headers['idempotency-key']);
    return answerUpgrade(services, { upgrade, prefer: headers.prefer }, call);
  },
});
