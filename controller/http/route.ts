// Defines a route: method and path, role, input, answers, handler.
import type { FastifyInstance, FastifyReply, FastifyRequest } from './fastify.js';
import { z } from 'zod';
import { problemSchema } from '../../shared/wire/api.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { AppError } from '../../shared/errors.js';
import type { Role } from '../../shared/model/roles.js';
import type { Access } from '../auth/access.js';
import type { Proxies } from '../auth/proxies.js';
import type { TokenEnds } from '../auth/token_ends.js';
import type { Joining } from '../auth/joining.js';
import { requireRole, requireWholeFleet, type Asker } from '../auth/asker.js';
import type { Actor } from '../store/access.js';
import type { Fleet, FleetFor } from '../fleet/fleet.js';
import type { Freezes, FreezesFor } from '../rollout/freezes.js';
import type { Rollouts, RolloutsFor } from '../rollout/rollouts.js';
import type { Metrics } from './metrics.js';
import type { ProbeStore } from './store_probe.js';
import { problemType } from './problem.js';
import { parseInput } from './parse_input.js';
import { takeReason, withReason } from './reason.js';
import type { Webhooks } from '../webhooks/create_webhooks.js';
import type { WaitingRequests } from './waiting_requests.js';

/** What the handlers of all routes use. */
export interface RouteContext {
  fleetFor: FleetFor;
  rolloutsFor: RolloutsFor;
  freezesFor: FreezesFor;
  access: Access;
  webhooks: Webhooks;
  tokenEnds: TokenEnds;
  proxies: Pick<Proxies, 'addressOf'>;
  joining: Joining;
  log: Log;
  clock: Clock;
  metrics: Metrics;
  /** Throws AppError `unreachable` where the store takes no writes. */
  probeStore: ProbeStore;
  /** True while the controller can do its work. */
  isReady: () => boolean;
  version: string;
  /** Of all routes: a handler that waits asks it first. */
  waiting: WaitingRequests;
}

/** What the handler of one request uses. */
export interface Services extends RouteContext {
  /** As the asker sees it. */
  fleet: Fleet;
  rollouts: Rollouts;
  freezes: Freezes;
  asker: Asker;
  /** The asker, for what they change. */
  actor: Actor;
}

/** The schemas of a request's parts. A part without a schema is not read. */
interface Shape extends z.core.$ZodLooseShape {
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: z.ZodObject;
}

/** One request, apart from its input. */
export interface Call {
  reply: FastifyReply;
  /** Aborts when the client disconnects, or with AppError `unauthorized` when its token ends. */
  signal: AbortSignal;
}

/** Who may use a route. */
export interface Rule {
  role: Role;
  /** A token with a scope may not use it, for it shows more than some tenants. */
  wholeFleet: boolean;
  /** It changes something: its body takes a `reason`, and the change has an entry in the audit log. */
  isAudited: boolean;
}

interface Place {
  method: 'GET' | 'POST';
  path: string;
  /** For the API's description. */
  summary: string;
}

interface RouteDefinition<Input extends Shape> extends Place {
  role: Role;
  wholeFleet?: boolean;
  isAudited?: boolean;
  description?: string;
  input: Input;
  /** By status. Any route may answer with a problem instead. */
  answers: Readonly<Record<number, Answer>>;
  handle: (services: Services, input: z.output<z.ZodObject<Input>>, call: Call) => Promise<unknown>;
}

interface PublicRouteDefinition extends Place {
  answers: Readonly<Record<number, Answer>>;
  handle: (services: RouteContext) => Promise<unknown>;
}

/** Of a stream of server-sent events. */
export const eventsType = 'text/event-stream';

/** JSON of a schema, or text of another type. */
type Answer = { description: string } & ({ json: z.ZodType } | { text: string });

/** Throws AppError `unauthorized` for a request without a token that is good. */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<Asker>;

export interface Route extends Place {
  /** Null for a route that everybody may use. */
  rule: Rule | null;
  /** It answers with events for as long as there are more. */
  isStream: boolean;
  /** Registers the route. Its handler throws AppError `invalid` for input that does not match the schemas. */
  register(app: FastifyInstance, services: RouteContext, guard: Guard): void;
}

/** A route without a token and without input. */
export function definePublicRoute({ method, path, summary, answers, handle }: PublicRouteDefinition): Route {
  const schema = { summary, security: [], response: { ...describeAnswers(answers), ...problems } };
  return {
    method,
    path,
    summary,
    rule: null,
    isStream: false,
    register: (app, services) => void app.route({ method, url: path, schema, handler: () => handle(services) }),
  };
}

/** A route that checks who asks, and validates each request against `input`, before it calls `handle`. */
export function defineRoute<Input extends Shape>(definition: RouteDefinition<Input>): Route {
  const { handle, ...described } = definition;
  const { method, path, role, summary, wholeFleet = false, isAudited = false, input: shape } = described;
  const input = z.object(shape);
  const askers = new WeakMap<FastifyRequest, Asker>();
  return {
    method,
    path,
    summary,
    rule: { role, wholeFleet, isAudited },
    isStream: Object.values(described.answers).some((answer) => 'text' in answer && answer.text === eventsType),
    register(app, context, guard) {
      app.route({
        method,
        url: path,
        schema: describeRoute(described),
        async onRequest(request, reply) {
          const asker = await guard(request, reply);
          requireRole(asker, role);
          if (wholeFleet) requireWholeFleet(asker);
          askers.set(request, asker);
        },
        async handler(request, reply) {
          const asker = askers.get(request);
          if (asker === undefined) throw new AppError('internal', `${path} has no asker`);
          const { params, query, headers, body } = request;
          const { reason, rest } = isAudited ? takeReason(shape.body, body) : { reason: null, rest: body };
          // A request may omit the body when all of its keys are optional.
          const parsed = parseInput(input, { params, query, headers, body: rest ?? {} });
          const address = context.proxies.addressOf(request.raw);
          const actor = { token: asker.token, name: asker.name, address, reason };
          const of = { scope: asker.scope, actor };
          const services = {
            ...context,
            asker,
            actor,
            fleet: context.fleetFor(of),
            rollouts: context.rolloutsFor(of),
            freezes: context.freezesFor(of),
          };
          const signal = context.tokenEnds.watch(asker, signalOf(reply));
          return handle(services, parsed, { reply, signal });
        },
      });
    },
  };
}

function describeRoute(definition: Omit<RouteDefinition<Shape>, 'handle'>) {
  const { summary, description, input: shape, isAudited = false, wholeFleet = false, answers, role } = definition;
  const body = isAudited ? withReason(shape.body) : shape.body;
  return {
    summary,
    description: [description, `Needs at least the role ${role}${wholeFleet ? ', without a scope' : ''}.`]
      .filter((part) => part !== undefined)
      .join(' '),
    ...(shape.params === undefined ? {} : { params: shape.params }),
    ...(shape.query === undefined ? {} : { querystring: shape.query }),
    ...(shape.headers === undefined ? {} : { headers: shape.headers }),
    ...(body === undefined ? {} : { body }),
    response: { ...describeAnswers(answers), ...problems },
  };
}

const problem = { description: 'A problem (RFC 9457)', content: { [problemType]: { schema: problemSchema } } };
const problems = { '4xx': problem, '5xx': problem };

function describeAnswers(answers: Readonly<Record<number, Answer>>) {
  const described = Object.entries(answers).map(([status, answer]) => {
    const [type, schema] = 'json' in answer ? ['application/json', answer.json] : [answer.text, z.string()];
    return [status, { description: answer.description, content: { [type]: { schema } } }];
  });
  return Object.fromEntries(described);
}

function signalOf({ raw }: FastifyReply): AbortSignal {
  const closed = new AbortController();
  if (raw.destroyed) closed.abort();
  raw.once('close', () => closed.abort());
  return closed.signal;
}
