// The API's objects for webhooks: endpoints, and the log of what was delivered to them.
import { z } from 'zod';
import { sharedLimits as limits } from '../limits.js';
import { hostName, selectionText, slug, time, tokenName } from '../model/names.js';
import { text } from '../model/text.js';
import { webhookEventKinds } from '../model/webhook_events.js';
import { pageQuerySchema } from './api.js';

const urlMessage = 'must be a URL such as https://hooks.example.com/drover, without user and fragment';

/** Where deliveries go. Which addresses are allowed is decided when one is dialled. */
export const webhookUrl = z
  .string()
  .max(limits.webhookUrl.max, { error: `must be at most ${limits.webhookUrl.max} characters` })
  .refine(isTarget, { error: urlMessage });

function isTarget(given: string): boolean {
  if (!URL.canParse(given) || /[^!-~]/.test(given)) return false;
  const { protocol, username, password, hash } = new URL(given);
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === '';
}

/** An endpoint as lists show it. */
export const webhookSchema = z.object({
  name: tokenName,
  url: webhookUrl,
  events: z.array(z.enum(webhookEventKinds)),
  /** Only what is about these tenants, and their hosts: a selection over slugs, hosts and labels of admins; null for all. */
  scope: selectionText.nullable(),
  created_at: time,
  created_by: z.string().nullable(),
  /** The number of its latest event, the number that wait, and those that were given up. */
  sequence: z.number().int(),
  waiting: z.number().int(),
  failed: z.number().int(),
  /** Until when the secret before this one signs too; null where it does not. */
  old_secret_until: time.nullable(),
  /** Why the last attempt failed; null where it did not. */
  problem: text().nullable(),
});
export type WebhookView = z.infer<typeof webhookSchema>;

export const newWebhookBodySchema = z.strictObject({
  name: tokenName,
  url: webhookUrl,
  events: z
    .array(z.enum(webhookEventKinds))
    .min(1)
    .max(webhookEventKinds.length)
    .default([...webhookEventKinds])
    .describe('the kinds of events; all of them without it'),
  scope: selectionText.nullable().default(null).describe('a selection over slug, host and the labels that admins set'),
});

/** With the secret that signs its deliveries, which is shown only now. */
export const madeWebhookSchema = webhookSchema.extend({ secret: z.string() });
export type MadeWebhook = z.infer<typeof madeWebhookSchema>;

export const webhookDeliveryStates = ['waiting', 'delivered', 'failed'] as const;
export type WebhookDeliveryState = (typeof webhookDeliveryStates)[number];

/** A line of the log of deliveries. */
export const webhookDeliverySchema = z.object({
  /** Of this endpoint's events: 1, 2, 3, … */
  sequence: z.number().int(),
  /** The same for every attempt, and at every endpoint: `webhook-id`. */
  id: z.string(),
  kind: z.string(),
  tenant: slug.nullable(),
  host: hostName.nullable(),
  at: time,
  state: z.enum(webhookDeliveryStates),
  attempts: z.number().int(),
  /** Of the last attempt: when, the HTTP status, and what went wrong. */
  attempted_at: time.nullable(),
  status: z.number().int().nullable(),
  error: text().nullable(),
  /** When the next attempt is made, where it waits. */
  next_at: time.nullable(),
});
export type WebhookDeliveryView = z.infer<typeof webhookDeliverySchema>;

export const webhookDeliveriesQuerySchema = pageQuerySchema.extend({ state: z.enum(webhookDeliveryStates).optional() });
export type WebhookDeliveriesQuery = z.infer<typeof webhookDeliveriesQuerySchema>;
