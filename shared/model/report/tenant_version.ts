// A version that a tenant had, as its host reported it.
import { z } from 'zod';
import { hash, hostName, tag, time } from '../names.js';

/** A version that a tenant had from then on, as its host reported it. */
export const tenantVersionSchema = z.object({
  at: time,
  version: tag,
  commit: hash.nullable(),
  /** True where the version is the highest tag of the work tree: the tenant had no record. */
  detected: z.boolean(),
  /** The host that had it; null for one that the token does not see. */
  host: hostName.nullable(),
});
export type TenantVersion = z.infer<typeof tenantVersionSchema>;
