// What webhooks tell: the kinds of events, and the data of each.
import { z } from 'zod';
import { servicesStates, statuses } from './result.js';
import { commit, count, errorCode, hostName, id, key, slug, tag, time } from './names.js';
import { directions, rolloutStates } from './rollout.js';
import { text } from './text.js';

export const webhookEventKinds = [
  'upgrade.began',
  'upgrade.ended',
  'upgrade.needs_operator',
  'tenant.drift',
  'host.connected',
  'host.offline',
  'host.revoked',
  'rollout.started',
  'rollout.paused',
  'rollout.halted',
  'rollout.ended',
] as const;
export type WebhookEventKind = (typeof webhookEventKinds)[number];

/** Sent on request only, to try an endpoint. */
export const testKind = 'webhook.test' as const;

const upgrade = z.object({
  upgrade: id,
  tenant: slug,
  host: hostName,
  previous_version: tag.nullable(),
  new_version: tag.nullable(),
});

const failure = z.object({
  step: key.nullable(),
  code: errorCode,
  message: text(),
  hint: text().nullable(),
  needs_operator: z.boolean(),
});

const ended = upgrade.extend({
  status: z.enum(statuses),
  current_version: tag.nullable(),
  services: z.enum(servicesStates).nullable(),
  failure: failure.nullable(),
  at: time,
});

/** Only endpoints without a scope get these: a rollout may have tenants that others do not see. */
const rollout = z.object({
  rollout: id,
  version: tag,
  commit,
  state: z.enum(rolloutStates),
  direction: z.enum(directions),
  /** Why it is paused or halted. */
  why: text().nullable(),
  /** Of its tenants, as the API counts them; null before it has decided anything. */
  counts: z.record(key, count).nullable(),
  at: time,
});

/** By kind, with when it is sent. Times are of the host's clock where the host says what happened. */
export const webhookDataSchemas = {
  'upgrade.began': upgrade
    .extend({ what: z.enum(['upgrade', 'rollback', 'resume']), at: time })
    .describe('an upgrade has begun on its host, or goes on: `what` is `upgrade`, `rollback` or `resume`'),
  'upgrade.ended': ended.describe('it has ended, also where it was refused or cancelled before it began'),
  'upgrade.needs_operator': ended.describe(
    'it has ended, and nothing goes on before somebody acts; follows `upgrade.ended`',
  ),
  'tenant.drift': z
    .object({ tenant: slug, host: hostName, version: tag.nullable(), drift: text().nullable() })
    .describe('a work tree was moved by hand; `drift` is null once that is over'),
  'host.connected': z
    .object({ host: hostName })
    .describe('a host that was offline, or is new, has been connected for a minute without a break'),
  'host.offline': z
    .object({ host: hostName, seen_at: time.describe('when it was last connected') })
    .describe(
      'a host has been away for a minute in all since it was last connected for a minute without a break; `seen_at` is when it was last seen',
    ),
  'host.revoked': z.object({ host: hostName }).describe('the key of a host was revoked'),
  'rollout.started': rollout.describe(
    'a rollout was started; `counts` are its tenants by how far they are, null at first. Webhooks with a scope get no event of a rollout',
  ),
  'rollout.paused': rollout.describe('somebody has paused a rollout, or the store was restored; `why` says so'),
  'rollout.halted': rollout.describe('a rollout has stopped by itself; `why` says at which failures'),
  'rollout.ended': rollout.describe('a rollout is `done` or `aborted`'),
  [testKind]: z.object({}).describe('`drover webhooks test`'),
} as const satisfies Record<WebhookEventKind | typeof testKind, z.ZodType>;

/** What is posted of an event of this kind. */
export const webhookBodyOf = (kind: keyof typeof webhookDataSchemas) =>
  z.object({
    type: z.literal(kind),
    timestamp: time.describe('when the controller stored it'),
    sequence: z.number().int().min(1).describe('of this webhook: 1, 2, 3, …'),
    data: webhookDataSchemas[kind],
  });

/** One event with its data. */
export type WebhookEvent = {
  [Kind in WebhookEventKind]: { kind: Kind; data: z.infer<(typeof webhookDataSchemas)[Kind]> };
}[WebhookEventKind];
