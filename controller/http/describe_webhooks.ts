// The section `webhooks` of the API's description: what is posted to those who listen, from the schemas of the events.
import { z } from 'zod';
import { testKind, webhookBodyOf, webhookDataSchemas, webhookEventKinds } from '../../shared/model/webhook_events.js';

const header = (name: string, description: string) =>
  ({ name, in: 'header', required: true, schema: { type: 'string' }, description }) as const;

const headers = [
  header('webhook-id', 'the id of the event: the same for every attempt, and at every webhook'),
  header('webhook-timestamp', 'when this attempt was made, in seconds since 1970'),
  header('webhook-signature', 'signatures as Standard Webhooks makes them (`v1,…`), with spaces between'),
];

/** By kind of event, as OpenAPI 3.1 writes them. */
export function describeWebhooks() {
  return Object.fromEntries([...webhookEventKinds, testKind].map((kind) => [kind, { post: describe(kind) }]));
}

function describe(kind: keyof typeof webhookDataSchemas) {
  const { $schema: _, ...schema } = z.toJSONSchema(webhookBodyOf(kind), { io: 'input' });
  return {
    summary: webhookDataSchemas[kind].description ?? kind,
    security: [],
    parameters: headers,
    // As JSON: each of the libraries has types of its own for schemas.
    requestBody: { required: true, content: { 'application/json': { schema: JSON.parse(JSON.stringify(schema)) } } },
    responses: {
      '2XX': { description: 'Taken: it is not sent again' },
      default: { description: 'It is sent again, with the same id' },
    },
  };
}
