// The API's description, generated from the routes' schemas: OpenAPI at /openapi.json, a page at /docs.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from './fastify.js';
import { describeWebhooks } from './describe_webhooks.js';
import { jsonSchemaTransform, serializerCompiler } from 'fastify-type-provider-zod';

/** Call it before the routes are registered. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Drover',
        version,
        description: 'Upgrades every tenant of a fleet. Errors are problems (RFC 9457) with a `code` and a `hint`.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
      webhooks: describeWebhooks(),
    },
    transform: jsonSchemaTransform,
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // The page must load nothing from other machines.
    uiConfig: { validatorUrl: null },
  });
}
