// Parts of requests that several routes share.
import { z } from 'zod';
import { freezeName } from '../../shared/wire/freezes_api.js';
import { hostName, id, idempotencyKey, slug } from '../../shared/model/names.js';

export const slugParams = z.object({ slug: slug.describe('the name of a tenant') });
export const hostParams = z.object({ host: hostName.describe('the name of a host') });
export const upgradeParams = z.object({ id: id.describe('the id of an upgrade') });
export const rolloutParams = z.object({ id: id.describe('the id of a rollout') });
export const fleetPlanParams = z.object({ id: id.describe('the id of a fleet plan') });
export const freezeParams = z.object({ name: freezeName.describe('the name of a freeze') });

export const keyHeaders = z.object({
  'idempotency-key': idempotencyKey
    .optional()
    .describe('any text; a request that is repeated with the same key is done once, and gets the same answer'),
});
export const orderHeaders = keyHeaders.extend({
  prefer: z.string().optional().describe('`wait=SECONDS`: answer when the upgrade has ended, or after that time'),
});
