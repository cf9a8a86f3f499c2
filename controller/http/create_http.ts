// The controller's HTTP server: its routes, and the checks that all of them share. The link shares its port.
import { fastify, type FastifyInstance } from './fastify.js';
import { AppError } from '../../shared/errors.js';
import { createAuthenticator } from '../auth/authenticate.js';
import { answerClientError } from './client_error.js';
import { pathOf, refuseOtherSites, refuseTokenInUrl } from '../auth/guard.js';
import { describeApi } from './openapi.js';
import { explainThrown, problemType, toProblem } from './problem.js';
import { logRequest } from './request_log.js';
import type { RouteContext } from './route.js';
import { routes } from './routes.js';

export interface HttpOptions extends RouteContext {
  /** The operators' token. */
  token: string;
  /** How long a request's headers may take. */
  headersTimeoutMs?: number;
}

const maxBodyBytes = 1024 ** 2;
const requestTimeoutMs = 30_000;

/**
 * Ready to `listen`; `close` ends every running request. Its `server` is Node's own: the link shares the port through
 * the event `upgrade`.
 */
export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { token, headersTimeoutMs = 10_000, ...services } = options;
  const { log, clock } = services;
  const authenticator = createAuthenticator(token);
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: Math.min(1000, headersTimeoutMs) },
    // A request that follows a stream may never end by itself.
    forceCloseConnections: true,
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: 300 },
    // A malformed URL: Fastify calls no hook and no route for it.
    frameworkErrors: (error, _request, { raw }) => {
      const problem = toProblem(explainThrown(error));
      raw.writeHead(problem.status, { 'content-type': problemType }).end(JSON.stringify(problem));
    },
  });
  // Each route validates its own input, for error messages in Drover's words.
  app.setValidatorCompiler(() => (value) => ({ value }));
  app.addHook('onRequest', async (request, reply) => {
    logRequest(request, reply, { log, clock });
    void reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    refuseOtherSites(request);
    refuseTokenInUrl(request.raw.url ?? '', authenticator);
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = explainThrown(thrown);
    const path = pathOf(request.url);
    if (error.httpStatus === 500) log.error({ err: thrown, method: request.method, path }, 'a request failed');
    if (error.code === 'unauthorized') void reply.header('www-authenticate', 'Bearer');
    return reply.status(error.httpStatus).type(problemType).send(toProblem(error));
  });
  app.setNotFoundHandler(({ method, url }) => {
    throw new AppError('not-found', `there is no ${method} ${pathOf(url)}`, { hint: '/docs lists the routes.' });
  });
  await describeApi(app, services.version);
  for (const route of routes) {
    route.register(app, services, ({ headers }) => authenticator.authenticate(headers.authorization));
  }
  return app;
}
