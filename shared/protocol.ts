// The frames between an agent and whoever commands it. Closed on purpose: no frame can carry a command line, a script,
// a path, an environment, a repository, a service or a user.
import { z } from 'zod';
import { eventSchema, requestSchema } from './events.js';
import { phases, planSchema } from './plan.js';

export const protocolVersion = 1;
/** Frames are small; what is long is cut into several. */
export const maxFrameBytes = 1024 ** 2;

const requestId = z.string().min(1).max(64);
const tenant = z.string().min(1).max(64);
const upgradeId = z.string().min(1).max(64);

/** How far the listener has come in one upgrade's streams; it gets the rest. */
const positions = z.strictObject({
  upgrade: upgradeId,
  events: z.number().int().min(0),
  outputs: z.record(z.string(), z.number().int().min(0)),
});

/** To the agent. It refuses unknown types and unknown keys. */
export const commandFrameSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('plan'), request_id: requestId, tenant, request: requestSchema.strict() }),
  z.strictObject({ type: z.literal('upgrade'), id: upgradeId, tenant, request: requestSchema.strict() }),
  z.strictObject({
    type: z.literal('rollback'),
    request_id: requestId,
    id: upgradeId,
    tenant,
    restore_database: z.boolean(),
  }),
  z.strictObject({ type: z.literal('cancel'), request_id: requestId, tenant, force: z.boolean() }),
  z.strictObject({ type: z.literal('stored'), streams: z.array(positions).max(1000) }),
  // The following two are for the host's own operators; no controller sends them.
  z.strictObject({ type: z.literal('resume'), request_id: requestId, tenant, accept: z.boolean() }),
  z.strictObject({
    type: z.literal('mark'),
    request_id: requestId,
    tenant,
    tag: z.string().max(200),
    phase: z.enum(phases).nullable(),
    as: z.enum(['done', 'skipped', 'none']),
    reason: z.string().max(1000),
  }),
]);
export type CommandFrame = z.infer<typeof commandFrameSchema>;

const errorBody = z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() });
export type ErrorBody = z.infer<typeof errorBody>;

/** From the agent. */
export const agentFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), version: z.number().int(), host: z.string() }),
  z.object({
    type: z.literal('plan_result'),
    request_id: requestId,
    plan: planSchema.nullable(),
    error: errorBody.nullable(),
  }),
  /** What became of a request: the upgrade that it concerns, or why not. */
  z.object({
    type: z.literal('answer'),
    request_id: requestId,
    upgrade: upgradeId.nullable(),
    error: errorBody.nullable(),
  }),
  z.object({
    type: z.literal('stream'),
    upgrade: upgradeId,
    event: eventSchema.optional(),
    /** `at` and `next` are byte offsets in the command's raw output. */
    output: z.object({ key: z.string(), at: z.number(), next: z.number(), text: z.string() }).optional(),
  }),
]);
export type AgentFrame = z.infer<typeof agentFrameSchema>;
