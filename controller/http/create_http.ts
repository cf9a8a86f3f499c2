// The controller's HTTP server: its routes, and the checks that all of them share. The link shares its port.
import { fastify, type FastifyInstance, type FastifyRequest } from './fastify.js';
import { AppError } from '../../shared/errors.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Door } from '../../shared/wire/door.js';
import { createLimitedLog } from '../../shared/os/limited_log.js';
import { createAuthenticator } from '../auth/authenticate.js';
import { createFailures } from '../auth/failures.js';
import { openDoor } from '../auth/open_door.js';
import { controllerLimits } from '../limits.js';
import type { TokenStore } from '../store/access.js';
import { createErrorAnswers } from './answer_error.js';
import { answerClientError } from './client_error.js';
import { pathOf, refuseOtherSites, refuseTokenInUrl } from '../auth/guard.js';
import { describeApi } from './openapi.js';
import { explainThrown, problemType, toProblem } from './problem.js';
import { logRequest } from './request_log.js';
import type { Guard, RouteContext } from './route.js';
import { routes } from './routes.js';
import { makePlainServer, type MakeServer } from './make_server.js';
import { createWaitingRequests } from './waiting_requests.js';

export interface HttpOptions extends Omit<RouteContext, 'waiting'> {
  /** How many requests may wait at once. */
  maxWaiting?: number;
  tokens: Pick<TokenStore, 'findByHash' | 'markUsed'>;
  /** How long a request's headers may take. */
  headersTimeoutMs?: number;
  /** Of the server's sockets; without it the server makes one. */
  door?: Door;
  /** Makes Node's server; without it one without TLS. */
  makeServer?: MakeServer;
}

/**
 * Ready to `listen`; `close` ends every running request. Its `server` is Node's own: the link shares the port through
 * the event `upgrade`.
 */
export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { tokens, headersTimeoutMs = controllerLimits.request.max, maxWaiting, makeServer, ...given } = options;
  const services: RouteContext = { ...given, waiting: createWaitingRequests(maxWaiting) };
  const { log, clock } = services;
  const door = options.door ?? openDoor(() => clock.monotonicMs());
  const strangersLog = createLimitedLog(log, { clock, perMinute: controllerLimits.refusalLines.max });
  const trusted = new WeakSet<IncomingMessage>();
  const isTrusted = ({ raw }: FastifyRequest) => trusted.has(raw);
  const authenticator = createAuthenticator({ tokens, clock });
  const failures = createFailures(() => clock.monotonicMs(), strangersLog);
  const serverOptions = {
    // As long as a proxy keeps an idle connection to use it again.
    keepAliveTimeout: 72_000,
    requestTimeout: controllerLimits.request.max,
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, headersTimeoutMs),
    maxHeaderSize: controllerLimits.headers.max,
  };
  const app = fastify({
    logger: false,
    bodyLimit: controllerLimits.body.max,
    serverFactory: (listener) => (makeServer ?? makePlainServer)(serverOptions, listener),
    // A request that follows a stream may never end by itself.
    forceCloseConnections: true,
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: answerFrameworkError,
  });
  door.guard(app.server);
  app.addHook('onClose', async () => door.close());
  app.server.maxHeadersCount = controllerLimits.headerCount.max;
  // Each route validates its own input, for error messages in Drover's words.
  app.setValidatorCompiler(() => (value) => ({ value }));
  app.addHook('onRequest', async (request, reply) => {
    logRequest(request, reply, { log: () => (isTrusted(request) ? log : strangersLog), clock });
    // A connection without a secret ends with its answer. `trust` takes this back.
    void reply.header('connection', 'close');
    void reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    refuseOtherSites(request);
    refuseTokenInUrl(request.raw.url ?? '');
  });
  const addressOf = ({ raw }: FastifyRequest) => services.proxies.addressOf(raw);
  app.setErrorHandler(createErrorAnswers({ log, failures, isTrusted, addressOf }));
  app.setNotFoundHandler(({ method, url }) => {
    throw new AppError('not-found', `there is no ${method} ${pathOf(url)}`, { hint: '/docs lists the routes.' });
  });
  await describeApi(app, services.version);
  const guard: Guard = async ({ headers, raw }, reply) => {
    const asker = await authenticator.authenticate(headers.authorization);
    trusted.add(raw);
    door.trust(raw.socket);
    void reply.removeHeader('connection');
    return asker;
  };
  for (const route of routes) route.register(app, services, guard);
  return app;
}

/** A malformed URL: Fastify calls no hook and no route for it. */
function answerFrameworkError(error: Error, _request: unknown, { raw }: { raw: ServerResponse }): void {
  const problem = toProblem(explainThrown(error));
  raw.writeHead(problem.status, { 'content-type': problemType, connection: 'close' }).end(JSON.stringify(problem));
}
