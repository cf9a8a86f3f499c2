// What a route is: its place, who may ask, what it takes and answers, and what it does.
import type { FastifyInstance, FastifyReply, FastifyRequest } from './fastify.js';
import { z } from 'zod';
import { problemSchema } from '../../shared/wire/api.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { Fleet } from '../fleet/fleet.js';
import { problemType } from './problem.js';
import { parseInput } from './parse_input.js';

/** What the routes work with. */
export interface RouteContext {
  fleet: Fleet;
  log: Log;
  clock: Clock;
  /** False until the controller can do its work. */
  isReady: () => boolean;
  version: string;
}

/** `public`: everyone; `viewer`: whoever may look; `operator`: whoever may change tenants. */
export type Role = 'public' | 'viewer' | 'operator';

/** The parts of a request that a route takes; what it takes of no part is left out. */
interface Shape extends z.core.$ZodLooseShape {
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: z.ZodObject;
}

/** One request, beside what it brings. */
export interface Call {
  reply: FastifyReply;
  /** Aborts when whoever asked is gone. */
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
  /** By status; a problem may come instead of any of them. */
  answers: Readonly<Record<number, Answer>>;
  handle: (services: RouteContext, input: z.output<z.ZodObject<Input>>, call: Call) => Promise<unknown>;
}

/** JSON of a schema, or text of another type. */
type Answer = { description: string } & ({ json: z.ZodType } | { text: string });

export interface Route extends Place {
  /** What Fastify is told of it, and what it calls. Throws AppError `invalid` for a request of another form. */
  register(app: FastifyInstance, services: RouteContext, guard: (request: FastifyRequest) => void): void;
}

/** A route out of its definition; what a request brings is held against `input` before `handle` is called. */
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
        async onRequest(request) {
          if (role !== 'public') guard(request);
        },
        async handler(request, reply) {
          const { params, query, headers, body } = request;
          // A body may be left out where all of its keys may be.
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
  const gone = new AbortController();
  if (raw.destroyed) gone.abort();
  raw.once('close', () => gone.abort());
  return gone.signal;
}
