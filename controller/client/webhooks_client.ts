// The routes of webhooks as functions.
import { z } from 'zod';
import { pageOf, type Page } from '../../shared/wire/api.js';
import {
  madeWebhookSchema,
  webhookDeliverySchema,
  webhookSchema,
  type MadeWebhook,
  type newWebhookBodySchema,
  type WebhookDeliveryState,
  type WebhookDeliveryView,
  type WebhookView,
} from '../../shared/wire/webhooks_api.js';
import { apiPath, type HttpConnection } from './http_connection.js';

/** Why a change is made. */
interface Reason {
  reason?: string | undefined;
}

interface DeliveriesInput {
  limit?: number;
  cursor?: string;
  state?: WebhookDeliveryState | undefined;
}

export interface WebhooksClient {
  listWebhooks: () => Promise<Page<WebhookView>>;
  createWebhook: (body: z.input<typeof newWebhookBodySchema> & Reason) => Promise<MadeWebhook>;
  testWebhook: (name: string, body: Reason) => Promise<WebhookDeliveryView>;
  rotateWebhook: (name: string, body: Reason) => Promise<MadeWebhook>;
  removeWebhook: (name: string, body: Reason) => Promise<void>;
  /** The latest first. */
  listWebhookDeliveries: (name: string, query?: DeliveriesInput) => Promise<Page<WebhookDeliveryView>>;
  redeliver: (name: string, sequence: number, body: Reason) => Promise<WebhookDeliveryView>;
}

/** Over this connection. */
export function createWebhooksClient(ask: HttpConnection['ask']): WebhooksClient {
  const post = <T>(schema: z.ZodType<T>, path: string, body: unknown) => ask(schema, path, { method: 'POST', body });
  return {
    listWebhooks: () => ask(pageOf(webhookSchema), apiPath`/webhooks`),
    createWebhook: (body) => post(madeWebhookSchema, apiPath`/webhooks`, body),
    testWebhook: (name, body) => post(webhookDeliverySchema, apiPath`/webhooks/${name}/test`, body),
    rotateWebhook: (name, body) => post(madeWebhookSchema, apiPath`/webhooks/${name}/rotate`, body),
    async removeWebhook(name, body) {
      await post(z.object({}), apiPath`/webhooks/${name}/remove`, body);
    },
    listWebhookDeliveries: (name, query = {}) =>
      ask(pageOf(webhookDeliverySchema), apiPath`/webhooks/${name}/deliveries`, { query: { ...query } }),
    redeliver: (name, sequence, body) =>
      post(webhookDeliverySchema, apiPath`/webhooks/${name}/deliveries/${String(sequence)}/redeliver`, body),
  };
}
