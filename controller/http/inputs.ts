// Parts of requests that several routes take.
import { z } from 'zod';

export const slugParams = z.object({ slug: z.string().min(1).max(64).describe('the name of a tenant') });
export const hostParams = z.object({ host: z.string().min(1).max(255).describe('the name of a host') });
export const upgradeParams = z.object({ id: z.string().min(1).max(64).describe('the id of an upgrade') });

export const orderHeaders = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('a text of your own: sent again with the same key, it is the same upgrade'),
  prefer: z.string().optional().describe('`wait=SECONDS`: answer when it has ended, at most that much later'),
});
