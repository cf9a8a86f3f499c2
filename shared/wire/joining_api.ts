// The API's objects for joining: join tokens, and hosts whose key is revoked.
import { z } from 'zod';
import { sharedLimits as limits } from '../limits.js';
import { hostName, hostPattern, id, time } from '../model/names.js';

/** A join token as lists show it. */
export const joinTokenSchema = z.object({
  id,
  /** Patterns of host names, such as `web-*`; null for any new host. */
  hosts: z.array(hostPattern).max(limits.joinTokenHosts.max).nullable(),
  uses: z.number().int(),
  uses_left: z.number().int(),
  created_at: time,
  /** The name of the token that made it. */
  created_by: z.string().nullable(),
  expires_at: time,
  revoked_at: time.nullable(),
});
export type JoinTokenView = z.infer<typeof joinTokenSchema>;

export const newJoinTokenBodySchema = z.strictObject({
  hosts: z
    .array(hostPattern)
    .min(1)
    .max(limits.joinTokenHosts.max)
    .nullable()
    .default(null)
    .describe('the hosts that may join with it, such as `web-*`; a host that has joined before must be named in full'),
  uses: z.number().int().min(1).max(limits.joinTokenUses.max).default(1).describe('so many hosts may join with it'),
  expires_in_s: z
    .number()
    .int()
    .min(60)
    .max(30 * 86_400)
    .default(3600)
    .describe('it ends after so many seconds'),
});
export type NewJoinTokenBody = z.infer<typeof newJoinTokenBodySchema>;

/** With the token itself, which is shown only now, and the command for the host. */
export const madeJoinTokenSchema = joinTokenSchema.extend({ token: z.string(), command: z.string() });
export type MadeJoinToken = z.infer<typeof madeJoinTokenSchema>;

/** A host whose key is refused from now on. */
export const revokedHostSchema = z.object({ host: hostName, revoked_at: time });
export type RevokedHost = z.infer<typeof revokedHostSchema>;
