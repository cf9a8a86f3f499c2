// The one place that knows the HTTP library.
export { fastify } from 'fastify';
export type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
