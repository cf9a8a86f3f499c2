// The API's description, made of the routes' own schemas: OpenAPI at /openapi.json, a page of it at /docs.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from './fastify.js';
import { jsonSchemaTransform, serializerCompiler } from 'fastify-type-provider-zod';

/** To be called before the routes are registered. */
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
    },
    transform: jsonSchemaTransform,
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // Nothing is asked of other machines.
    uiConfig: { validatorUrl: null },
  });
}
