// The controller's HTTP side: its routes, and what holds for all of them. The link shares its port.
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
 * Ready to `listen`; `close` ends every request that is under way. Its `server` is Node's own: what wants to share the
 * port listens to its `upgrade`.
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
    // What follows a stream would never end by itself.
    forceCloseConnections: true,
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: 300 },
    // A URL that is none: no route and no hook has seen it.
    frameworkErrors: (error, _request, { raw }) => {
      const problem = toProblem(explainThrown(error));
      raw.writeHead(problem.status, { 'content-type': problemType }).end(JSON.stringify(problem));
    },
  });
  // Routes check their input themselves, so that what is wrong with it is said in our words.
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
    throw new AppError('not-found', `there is no ${method} ${pathOf(url)}`, { hint: '/docs lists what there is.' });
  });
  await describeApi(app, services.version);
  for (const route of routes) {
    route.register(app, services, ({ headers }) => authenticator.authenticate(headers.authorization));
  }
  return app;
}
