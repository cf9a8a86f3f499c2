// Defines a route: method and path, role, input, answers, handler.
import type { FastifyInstance, FastifyReply, FastifyRequest } from './fastify.js';
import { z } from 'zod';
import { problemSchema } from '../../shared/wire/api.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { Fleet } from '../fleet/fleet.js';
import { problemType } from './problem.js';
import { parseInput } from './parse_input.js';
import type { WaitingRequests } from './waiting_requests.js';

/** What the handlers of routes use. */
export interface RouteContext {
  fleet: Fleet;
  log: Log;
  clock: Clock;
  /** True while the controller can do its work. */
  isReady: () => boolean;
  version: string;
  /** Of all routes: a handler that waits asks it first. */
  waiting: WaitingRequests;
}

/** `public` needs no token; a `viewer` may read; an `operator` may change tenants. */
export type Role = 'public' | 'viewer' | 'operator';

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
  /** Aborts when the client disconnects. */
  signal: AbortSignal;
}

interface Place {
  method: 'GET' | 'POST';
  path: string;
  role: Role;
  /** For the API's description. */
  summary: string;
}

interface RouteDefinition<Input extends Shape> extends Place {
  description?: string;
  input: Input;
  /** By status. Any route may answer with a problem instead. */
  answers: Readonly<Record<number, Answer>>;
  handle: (services: RouteContext, input: z.output<z.ZodObject<Input>>, call: Call) => Promise<unknown>;
}

/** JSON of a schema, or text of another type. */
type Answer = { description: string } & ({ json: z.ZodType } | { text: string });

/** Throws AppError `unauthorized` for a request without the token. */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => void;

export interface Route extends Place {
  /** Registers the route. Its handler throws AppError `invalid` for input that does not match the schemas. */
  register(app: FastifyInstance, services: RouteContext, guard: Guard): void;
}

/** A route that validates each request against `input` before it calls `handle`. */
export function defineRoute<Input extends Shape>(definition: RouteDefinition<Input>): Route {
  const { method, path, role, summary, description, input: shape, answers, handle } = definition;
  const input = z.object(shape);
  return {
    method,
    path,
    role,
    summary,
    register(app, services, guard) {
      app.route({
        method,
        url: path,
        schema: {
          summary,
          ...(description === undefined ? {} : { description }),
          ...(role === 'public' ? { security: [] } : {}),
          ...(shape.params === undefined ? {} : { params: shape.params }),
          ...(shape.query === undefined ? {} : { querystring: shape.query }),
          ...(shape.headers === undefined ? {} : { headers: shape.headers }),
          ...(shape.body === undefined ? {} : { body: shape.body }),
          response: { ...describeAnswers(answers), ...problems },
        },
        async onRequest(request, reply) {
          if (role !== 'public') guard(request, reply);
        },
        async handler(request, reply) {
          const { params, query, headers, body } = request;
          // A request may omit the body when all of its keys are optional.
          const parsed = parseInput(input, { params, query, headers, body: body ?? {} });
          return handle(services, parsed, { reply, signal: signalOf(reply) });
        },
      });
    },
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
