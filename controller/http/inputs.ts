// Parts of requests that several routes share.
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
    .describe('any text; a repeated request with the same key returns the same upgrade'),
  prefer: z.string().optional().describe('`wait=SECONDS`: answer when the upgrade has ended, or after that time'),
});
