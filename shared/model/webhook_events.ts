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
export const testKind = 'webhook.test';

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

/** By kind. Times are of the host's clock where the host says what happened. */
export const webhookDataSchemas = {
  /** A rollback or a resume begins the same upgrade again. */
  'upgrade.began': upgrade.extend({ what: z.enum(['upgrade', 'rollback', 'resume']), at: time }),
  'upgrade.ended': ended,
  /** Follows `upgrade.ended`, where nothing goes on before somebody acts. */
  'upgrade.needs_operator': ended,
  /** `drift` is null where there is none any more. */
  'tenant.drift': z.object({ tenant: slug, host: hostName, version: tag.nullable(), drift: text().nullable() }),
  'host.connected': z.object({ host: hostName }),
  /** It has been away for a minute; `seen_at` is when it was last connected. */
  'host.offline': z.object({ host: hostName, seen_at: time }),
  'host.revoked': z.object({ host: hostName }),
  'rollout.started': rollout,
  'rollout.paused': rollout,
  'rollout.halted': rollout,
  /** It is done, or aborted. */
  'rollout.ended': rollout,
} as const satisfies Record<WebhookEventKind, z.ZodType>;

/** One event with its data. */
export type WebhookEvent = {
  [Kind in WebhookEventKind]: { kind: Kind; data: z.infer<(typeof webhookDataSchemas)[Kind]> };
}[WebhookEventKind];
