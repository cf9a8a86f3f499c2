// An order: what the controller owes a host, stored and offered until the host's journal has answered.
import { z } from 'zod';
import { errorBodySchema } from '../../shared/model/error_body.js';
import { remoteRequestSchema } from '../../shared/model/request.js';

const common = {
  id: z.string(),
  tenant: z.string(),
  host: z.string(),
  /** ISO 8601, as are all times. */
  created_at: z.string(),
  /** Until when it may still begin. */
  expires_at: z.string(),
  /** When it may first have reached the host; null before. */
  offered_at: z.string().nullable(),
  /** When the host said that it has it. */
  accepted_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  error: errorBodySchema.nullable(),
};

export const orderSchema = z.discriminatedUnion('kind', [
  z.object({ ...common, kind: z.literal('upgrade'), upgrade: z.string(), request: remoteRequestSchema }),
  z.object({
    ...common,
    kind: z.literal('rollback'),
    /** The upgrade that it rolls back, once its host has said which. */
    upgrade: z.string().nullable(),
    restore_database: z.boolean(),
  }),
  z.object({ ...common, kind: z.literal('cancel'), upgrade: z.string(), force: z.boolean() }),
]);
export type Order = z.infer<typeof orderSchema>;

type Asked<Of extends Order> = Of extends unknown
  ? Omit<Of, 'host' | 'offered_at' | 'accepted_at' | 'ended_at' | 'error'>
  : never;
/** An order that is to be stored. Without a host it is for the one that has the tenant when it is stored. */
export type NewOrder = Asked<Order> & { host: string | null };
