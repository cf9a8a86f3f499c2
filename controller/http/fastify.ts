// The one module that imports the HTTP library.
export { fastify } from 'fastify';
export type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
