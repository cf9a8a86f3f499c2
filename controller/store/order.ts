// An order: a request to a host, stored and offered until the host has answered.
import { z } from 'zod';
import { errorBodySchema } from '../../shared/model/error_body.js';
import { hash } from '../../shared/model/names.js';
import { markSchema } from '../../shared/model/mark.js';
import { rolloutAttemptSchema, upgradeRequestSchema } from '../../shared/model/request.js';

const common = {
  id: z.string(),
  tenant: z.string(),
  host: z.string(),
  /** ISO 8601, as are all times. */
  created_at: z.string(),
  /** The host may begin it until then. */
  expires_at: z.string(),
  /** When it was first offered: from then on the host may have it. Null before. */
  offered_at: z.string().nullable(),
  /** When the host confirmed that it has it. */
  accepted_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  error: errorBodySchema.nullable(),
};

/** The SHA-256 of the operator's `Idempotency-Key`; absent without one. */
const key_hash = z.string().optional();

export const orderSchema = z.discriminatedUnion('kind', [
  z.object({
    ...common,
    kind: z.literal('upgrade'),
    /** Its own id; once its host has answered that it had the request before, that of the upgrade which it is. */
    upgrade: z.string(),
    request: upgradeRequestSchema,
    /** The approved class that its plan must have; absent where any plan will do. */
    plan_class: hash.optional(),
    /** The rollout that asked for it; absent for one that a person asked for. */
    rollout: rolloutAttemptSchema.optional(),
    key_hash,
  }),
  z.object({
    ...common,
    kind: z.literal('rollback'),
    /** The upgrade that it rolls back; null until the host has answered. */
    upgrade: z.string().nullable(),
    restore_database: z.boolean(),
    /** The one upgrade that it may roll back; absent where any latest one will do. */
    only: z.string().optional(),
    key_hash,
  }),
  z.object({
    ...common,
    kind: z.literal('resume'),
    /** The upgrade that needs an operator; null until the host has answered. */
    upgrade: z.string().nullable(),
    accept: z.boolean(),
    key_hash,
  }),
  z.object({ ...common, kind: z.literal('mark'), upgrade: z.null(), mark: markSchema, key_hash }),
  z.object({
    ...common,
    kind: z.literal('cancel'),
    upgrade: z.string(),
    force: z.boolean(),
    /** Only if it has not begun. */ unbegun: z.boolean().optional(),
  }),
]);
export type Order = z.infer<typeof orderSchema>;

type Asked<Of extends Order> = Of extends unknown
  ? Omit<Of, 'host' | 'offered_at' | 'accepted_at' | 'ended_at' | 'error'>
  : never;
/** An order before it is stored. Without a host, the transaction looks up the host that has the tenant. */
export type NewOrder = Asked<Order> & { host: string | null };

/** A host has said that it has an order. */
export interface Accepted {
  id: string;
  host: string;
  /** ISO 8601. */
  at: string;
}
