// The API's objects for administration: tokens and the audit log.
import { z } from 'zod';
import { sharedLimits as limits } from '../limits.js';
import { hostName, id, selectionText, slug, time, tokenName } from '../model/names.js';
import { roles } from '../model/roles.js';
import { text } from '../model/text.js';
import { pageQuerySchema } from './api.js';

/** Why a change is made; it goes to the audit log. */
export const reasonSchema = text(limits.reason).optional().describe('why; it goes to the audit log');

/** Such as `upgrade` or `tokens.revoke`. */
const actionName = z
  .string()
  .max(limits.code.max)
  .regex(/^[a-z][a-z.-]*$/, { error: 'must be the name of a change, such as upgrade or tokens.revoke' });

/** Who made a change: the name of a token, or a few words for a host or the controller's own machine. */
const asker = text(limits.hostName);

/** A token as lists show it. */
export const tokenSchema = z.object({
  id,
  name: tokenName,
  role: z.enum(roles),
  /** The tenants that it sees, as a selection over slugs, hosts and labels of admins; null for all. */
  scope: selectionText.nullable(),
  created_at: time,
  /** The name of the token that made it; null for one that was made on the controller's own machine. */
  created_by: z.string().nullable(),
  expires_at: time.nullable(),
  revoked_at: time.nullable(),
  /** To the hour. */
  used_at: time.nullable(),
});
export type TokenView = z.infer<typeof tokenSchema>;

export const newTokenBodySchema = z.strictObject({
  name: tokenName,
  role: z.enum(roles),
  scope: selectionText.nullable().default(null).describe('a selection over slug, host and the labels that admins set'),
  expires_in_s: z
    .number()
    .int()
    .min(60)
    .max(10 * 365 * 86_400)
    .nullable()
    .default(null)
    .describe('it ends after so many seconds'),
});

/** With the token itself, which is shown only now. */
export const madeTokenSchema = tokenSchema.extend({ token: z.string() });
export type MadeToken = z.infer<typeof madeTokenSchema>;

/** A change that was made: who, what, on what, why, from where. */
export const auditEntrySchema = z.object({
  no: z.number().int(),
  at: time,
  /** The name of the token. */
  by: asker,
  /** The address that it came from; null for the controller's own machine. */
  address: z.string().nullable(),
  reason: text().nullable(),
  /** Such as `upgrade` or `tokens.revoke`. */
  action: z.string(),
  tenant: slug.nullable(),
  host: hostName.nullable(),
  /** What it was done to besides: the id of an upgrade, the tag of marked hooks, the name of a token. */
  target: z.string().nullable(),
});
export type AuditView = z.infer<typeof auditEntrySchema>;

export const auditQuerySchema = pageQuerySchema.extend({
  tenant: slug.optional(),
  host: hostName.optional(),
  by: asker.optional().describe('who made the change, as `by` names them'),
  action: actionName.optional(),
});
export type AuditQuery = z.infer<typeof auditQuerySchema>;
