// The frames between an agent and its clients: a controller, or the host's own operators over the local socket.
// Closed on purpose: no frame can carry a command line, a script, a path, an environment, a repository, a service or a user.
import { z } from 'zod';
import { AppError } from '../errors.js';
import { count, hash, id, key, slug, tag } from '../model/names.js';
import { markSchema } from '../model/mark.js';
import { planSchema } from '../model/plan/plan.js';
import { reportSchema } from '../model/report/report.js';
import { reportChangesSchema } from '../model/report/report_changes.js';
import { streamItemSchema } from '../model/journal/stream_item.js';
import { errorBodySchema } from '../model/error_body.js';
import { sharedLimits } from '../limits.js';
import { rolloutAttemptSchema, upgradeRequestSchema } from '../model/request.js';
import { joiningAnswers, joiningFrames } from './joining.js';

export const protocolVersion = 2;
/** The first version that is kept: an agent of an older one has to be enrolled. */
const firstVersion = 2;
/** Longer content is split into several frames. */
export const maxFrameBytes = sharedLimits.frame.max;
/** The path at which a controller accepts agents. */
export const agentPath = '/agent';

/** A WebSocket is closed with one of these (RFC 6455, section 7.4; 4000 and above are ours). */
export const closeCodes = {
  /** What was asked for is done. */
  done: 1000,
  goingAway: 1001,
  policyViolation: 1008,
  tryAgainLater: 1013,
  /** A protocol version that the controller does not support. */
  version: 4001,
  /** The controller does not accept the host's key: it is not known, replaced, revoked or quarantined. */
  key: 4003,
  /** The agent dialled an address that is not the controller's: its signature is not for this controller. */
  address: 4004,
  /** The controller does not enrol the host, or does not take its new key. */
  enrolment: 4005,
} as const;

/** The version that both support: a controller supports its own and the one before. Null if there is none. */
export function agreeVersion(offered: number, own = protocolVersion): number | null {
  return offered === own || (offered === own - 1 && offered >= firstVersion) ? offered : null;
}

/** The text of a frame. Throws AppError `too-large` for one that the other side would refuse. */
export function encodeFrame(frame: AgentFrame | ControllerFrame | LocalRequest): string {
  const text = JSON.stringify(frame);
  // A UTF-16 unit has at most three bytes in UTF-8.
  const sizeBytes = text.length > maxFrameBytes / 3 ? Buffer.byteLength(text) : 0;
  if (sizeBytes <= maxFrameBytes) return text;
  throw new AppError('too-large', `a frame ${frame.type} of ${sizeBytes} bytes; at most ${maxFrameBytes} can be sent`);
}

const requestId = id;
const upgradeId = id;
const tenant = slug;
const start_within_ms = count;

/** How far a client has an upgrade's stream: events, and bytes of each command's output that has not ended. */
export const positionSchema = z.strictObject({
  upgrade: upgradeId,
  events: count,
  outputs: z.record(key, count).refine((outputs) => Object.keys(outputs).length <= sharedLimits.openOutputs.max, {
    error: `must be at most ${sharedLimits.openOutputs.max} outputs`,
  }),
});
export type Position = z.infer<typeof positionSchema>;

/**
 * The SHA-256 of the operator's `Idempotency-Key`. A host that has had a request of this tenant with it does not do this one:
 * it answers with what became of the first.
 */
const key_hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .optional();

const rollback = z.strictObject({
  type: z.literal('rollback'),
  request_id: requestId,
  /** The id of the rollback itself, which runs only once. */
  id: upgradeId,
  tenant,
  restore_database: z.boolean(),
});
/** Resumes after a hold, or accepts the tenant as it is. It runs only once, as `mark` does: `request_id` is its own id. */
const resume = z.strictObject({ type: z.literal('resume'), request_id: requestId, tenant, accept: z.boolean() });
const mark = z.strictObject({ type: z.literal('mark'), request_id: requestId, tenant, ...markSchema.shape });
const cancel = z.strictObject({ type: z.literal('cancel'), request_id: requestId, tenant, force: z.boolean() });
/** What the client has. The agent sends the rest, then each new item. */
const stored = z.strictObject({ type: z.literal('stored'), streams: z.array(positionSchema).max(1000) });

/** To the agent, from a controller. It refuses unknown types and unknown keys. */
export const controllerFrameSchema = z.discriminatedUnion('type', [
  ...joiningAnswers,
  z.strictObject({ type: z.literal('plan'), request_id: requestId, tenant, request: upgradeRequestSchema }),
  /**
   * Plans these tenants, each remote asked once; answered by frames `planned`, or by one `answer` with an error where the
   * request as a whole is refused. Of one host there is one such request at a time: a second one, or `plan_stop`, ends the
   * first, and then no more is sent for it.
   */
  z.strictObject({
    type: z.literal('plan_tenants'),
    request_id: requestId,
    tenants: z.array(tenant).min(1).max(sharedLimits.plannedAtOnce.max),
    request: upgradeRequestSchema,
  }),
  z.strictObject({ type: z.literal('plan_stop'), request_id: requestId }),
  z.strictObject({
    type: z.literal('upgrade'),
    id: upgradeId,
    tenant,
    request: upgradeRequestSchema,
    /** The class that was approved: with a plan of another class it is refused (`plan-changed`) before anything stops. */
    plan_class: hash.optional(),
    rollout: rolloutAttemptSchema.optional(),
    /** It must begin within this time from now; after that it is refused. */
    start_within_ms,
    key_hash,
  }),
  rollback.extend({
    /** Only this upgrade: it is refused where the tenant's latest one is another by now. */
    only: upgradeId.optional(),
    /** As for an upgrade. */
    start_within_ms,
    key_hash,
  }),
  resume.extend({ start_within_ms, key_hash }),
  mark.extend({ start_within_ms, key_hash }),
  cancel.extend({
    /**
     * The upgrade to cancel. The agent remembers an unknown id as cancelled: an upgrade that is offered later does not
     * run.
     */
    id: upgradeId,
    /** Only if it has not begun: an upgrade that has begun is answered with `nothing-to-do`, and goes on. */
    unbegun: z.boolean().optional(),
  }),
  stored,
]);
export type ControllerFrame = z.infer<typeof controllerFrameSchema>;

/** To the agent, over its local socket. */
export const localRequestSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('plan'), request_id: requestId, tenant, request: upgradeRequestSchema }),
  z.strictObject({ type: z.literal('upgrade'), id: upgradeId, tenant, request: upgradeRequestSchema }),
  rollback,
  /** With `id`: only this upgrade of the tenant. */
  cancel.extend({ id: upgradeId.optional() }),
  stored,
  resume,
  mark,
  /** Takes a tenant under the record, at this version or at the detected one. */
  z.strictObject({ type: z.literal('adopt'), request_id: requestId, tenant, from: tag.nullable() }),
]);
export type LocalRequest = z.infer<typeof localRequestSchema>;

/** `queued`: it waits for its turn. `checking`: its plan is being made. */
export const waitingStates = ['queued', 'checking'] as const;
export type WaitingState = (typeof waitingStates)[number];

/** How many streams one `streams` frame names at most. */
export const maxStreams = 500;

/** From the agent. A controller drops keys that it does not know. */
export const agentFrameSchema = z.discriminatedUnion('type', [
  ...joiningFrames,
  /** The first report of a connection. */
  reportSchema,
  reportChangesSchema,
  /**
   * The upgrades that the host keeps, and how many events each has: all of them after `welcome`, and each that begins
   * or continues later. The client answers `stored`.
   */
  z.object({
    type: z.literal('streams'),
    /** No events: those that were announced are not sent on this connection, for they cannot be read. */
    streams: z.array(z.object({ upgrade: upgradeId, events: count })).max(maxStreams),
    /** The last of those that follow `welcome`: the host has announced all that it keeps. */
    is_last: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('plan_result'),
    request_id: requestId,
    plan: planSchema.nullable(),
    error: errorBodySchema.nullable(),
  }),
  /**
   * Some of the answer to `plan_tenants`: each class with a plan of it, once a request, and the class of each tenant, or why
   * it could not be planned. `is_last`: there is no more.
   */
  z.object({
    type: z.literal('planned'),
    request_id: requestId,
    classes: z.array(z.object({ plan_class: hash, plan: planSchema })).max(sharedLimits.plannedAtOnce.max),
    tenants: z
      .array(z.object({ tenant, plan_class: hash.nullable(), error: errorBodySchema.nullable() }))
      .max(sharedLimits.plannedAtOnce.max),
    is_last: z.boolean(),
  }),
  /**
   * The answer to a request: its upgrade, or an error. For an upgrade `request_id` is the upgrade's id. `first`: the host has
   * had this request before, under this id and with the same key; then `upgrade` is that one's.
   */
  z.object({
    type: z.literal('answer'),
    request_id: requestId,
    upgrade: upgradeId.nullable(),
    error: errorBodySchema.nullable(),
    first: requestId.optional(),
  }),
  /**
   * How far an accepted upgrade is that has not begun: after `welcome`, and when that changes. It holds for this
   * connection alone; the first event of the stream ends it.
   */
  z.object({ type: z.literal('state'), upgrade: upgradeId, state: z.enum(waitingStates) }),
  /** One item of an upgrade's stream, in order and without gaps. */
  z.object({
    type: z.literal('stream'),
    upgrade: upgradeId,
    item: streamItemSchema,
  }),
]);
export type AgentFrame = z.infer<typeof agentFrameSchema>;
export type AgentFrameOf<Type extends AgentFrame['type']> = Extract<AgentFrame, { type: Type }>;
export type ControllerFrameOf<Type extends ControllerFrame['type']> = Extract<ControllerFrame, { type: Type }>;
