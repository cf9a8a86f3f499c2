// Webhooks: endpoints that are told of upgrades, hosts and drift, and the log of their deliveries. An admin has no
// scope, so whoever comes here sees the whole fleet.
import { z } from 'zod';
import { tokenName } from '../../../shared/model/names.js';
import { apiPrefix, pageOf } from '../../../shared/wire/api.js';
import {
  madeWebhookSchema,
  newWebhookBodySchema,
  webhookDeliveriesQuerySchema,
  webhookDeliverySchema,
  webhookSchema,
} from '../../../shared/wire/webhooks_api.js';
import { defineRoute, type Route } from '../route.js';

const webhookParams = z.object({ name: tokenName.describe('the name of a webhook') });
const deliveryParams = webhookParams.extend({
  sequence: z.coerce.number().int().min(1).describe('the number of a delivery'),
});

const listWebhooks = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/webhooks`,
  role: 'admin',
  summary: 'The webhooks, sorted by name',
  input: {},
  answers: { 200: { description: 'All webhooks', json: pageOf(webhookSchema) } },
  handle: async ({ webhooks }) => ({ items: await webhooks.list(), next: null }),
});

const createWebhook = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/webhooks`,
  role: 'admin',
  isAudited: true,
  summary: 'Make a webhook',
  description: 'The answer holds the secret that signs its deliveries, for the only time.',
  input: { body: newWebhookBodySchema },
  answers: { 201: { description: 'The webhook', json: madeWebhookSchema } },
  async handle({ webhooks, actor }, { body }, { reply }) {
    reply.status(201);
    return webhooks.create(body, actor);
  },
});

const testWebhook = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/webhooks/:name/test`,
  role: 'admin',
  isAudited: true,
  summary: 'Send an event `webhook.test` to a webhook, after what waits for it, and try that at once',
  input: { params: webhookParams },
  answers: { 200: { description: 'The delivery, which waits', json: webhookDeliverySchema } },
  handle: ({ webhooks, actor }, { params }) => webhooks.test(params.name, actor),
});

const rotateWebhook = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/webhooks/:name/rotate`,
  role: 'admin',
  isAudited: true,
  summary: 'Give a webhook another secret; for 24 hours the one before signs too',
  description: 'The answer holds the new secret, for the only time.',
  input: { params: webhookParams },
  answers: { 200: { description: 'The webhook', json: madeWebhookSchema } },
  handle: ({ webhooks, actor }, { params }) => webhooks.rotate(params.name, actor),
});

const removeWebhook = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/webhooks/:name/remove`,
  role: 'admin',
  isAudited: true,
  summary: 'Remove a webhook, with what waits for it and with its log',
  input: { params: webhookParams },
  answers: { 200: { description: 'Nothing is sent to it any more', json: z.object({ name: tokenName }) } },
  async handle({ webhooks, actor }, { params }) {
    await webhooks.remove(params.name, actor);
    return { name: params.name };
  },
});

const listDeliveries = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/webhooks/:name/deliveries`,
  role: 'admin',
  summary: 'The deliveries of a webhook, the latest first',
  input: { params: webhookParams, query: webhookDeliveriesQuerySchema.strict() },
  answers: { 200: { description: 'A page of deliveries', json: pageOf(webhookDeliverySchema) } },
  handle: ({ webhooks }, { params, query }) => webhooks.listDeliveries(params.name, query),
});

const redeliver = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/webhooks/:name/deliveries/:sequence/redeliver`,
  role: 'admin',
  isAudited: true,
  summary: 'Deliver an event again, with its old id and number; one that waits is tried at once',
  input: { params: deliveryParams },
  answers: { 200: { description: 'The delivery, which waits', json: webhookDeliverySchema } },
  handle: ({ webhooks, actor }, { params }) => webhooks.redeliver(params.name, params.sequence, actor),
});

export const webhooksRoutes: readonly Route[] = [
  listWebhooks,
  createWebhook,
  testWebhook,
  listDeliveries,
  redeliver,
  rotateWebhook,
  removeWebhook,
];
