// One request to the controller; every failure becomes an AppError.
import type { z } from 'zod';
import { apiPrefix, problemSchema } from '../../shared/wire/api.js';
import { AppError, isErrorCode } from '../../shared/errors.js';
import { errnoOf } from '../../shared/os/errno.js';
import { parseJson } from '../../shared/json.js';
import { fromErrorBody } from '../../shared/model/error_body.js';

export interface HttpConnectionOptions {
  /** Where the controller is, such as `https://drover.example.com`. */
  url: string;
  token: string;
  fetch?: typeof fetch;
}

export interface Asking {
  method?: 'GET' | 'POST';
  query?: Readonly<Record<string, string | number | undefined>>;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

export interface HttpConnection {
  url: string;
  /** The answer, with a status of success. Throws AppError: the controller's own, or `unreachable`. */
  open: (path: string, asking?: Asking) => Promise<Response>;
  /** The answer as the schema gives it; AppError `protocol` where it has another form. */
  ask: <T>(schema: z.ZodType<T>, path: string, asking?: Asking) => Promise<T>;
}

/** A path of the API; what is put into it is escaped. */
export function apiPath(parts: TemplateStringsArray, ...values: string[]): string {
  return apiPrefix + String.raw({ raw: parts }, ...values.map(encodeURIComponent));
}

/** The connection; nothing is sent yet. */
export function createHttpConnection({ url, token, fetch: send = fetch }: HttpConnectionOptions): HttpConnection {
  const base = url.endsWith('/') ? url : `${url}/`;

  async function open(path: string, { method = 'GET', query = {}, headers, body, signal }: Asking = {}) {
    const target = new URL(path.slice(1), base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    let response: Response;
    try {
      response = await send(target, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        // The token goes to the controller, never to the target of a redirect.
        redirect: 'manual',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw unreachable(url, error);
    }
    if (response.ok) return response;
    throw await readProblem(url, response);
  }

  return {
    url,
    open,
    async ask(schema, path, asking) {
      const response = await open(path, asking);
      const parsed = schema.safeParse(await readJson(url, response, asking?.signal));
      if (parsed.success) return parsed.data;
      throw strangeAnswer(url, `its answer has another form (${parsed.error.issues[0]?.path.join('.') ?? ''})`);
    },
  };
}

/** Codes of OpenSSL, as Node gives them. */
const notTls = 'ERR_SSL_WRONG_VERSION_NUMBER';
const unknownIssuer = /SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET_ISSUER)/;

/** AppError `unreachable`, with the reason that lies deepest. */
export function unreachable(url: string, cause: unknown): AppError {
  const reason = causeOf(cause);
  const why = reason instanceof Error ? reason.message : String(reason);
  if (errnoOf(reason) === notTls) {
    return new AppError('unreachable', `the controller at ${url} cannot be reached: that port speaks plain HTTP`, {
      hint: `Use http:// where it is meant so: ${url.replace(/^https:/, 'http:')}`,
      cause,
    });
  }
  const isUntrusted = unknownIssuer.test(errnoOf(reason) ?? '');
  return new AppError('unreachable', `the controller at ${url} cannot be reached: ${why}`, {
    hint: isUntrusted
      ? 'Name the file of the CA that issued its certificate: NODE_EXTRA_CA_CERTS=/path/to/ca.pem'
      : 'Is it running, and is this its URL?',
    cause,
  });
}

/** The reason that lies deepest. */
export function causeOf(thrown: unknown): unknown {
  let reason: unknown = thrown;
  while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause;
  // Several addresses were tried.
  return reason instanceof AggregateError ? reason.errors.at(-1) : reason;
}

async function readJson(url: string, response: Response, signal?: AbortSignal): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(url, error);
  }
  const value = parseJson(text);
  if (value === undefined) throw strangeAnswer(url, 'its answer is no JSON');
  return value;
}

async function readProblem(url: string, response: Response): Promise<AppError> {
  const { status, statusText } = response;
  const value = parseJson(await response.text().catch(() => ''));
  const { data: problem } = problemSchema.safeParse(value);
  if (problem !== undefined && isErrorCode(problem.code)) {
    return fromErrorBody({ ...problem, message: problem.detail });
  }
  const detail = problem?.detail ?? `${status} ${statusText}`.trim();
  // A proxy answers so for a controller that is down.
  if (status >= 502 && status <= 504) return unreachable(url, detail);
  return strangeAnswer(url, `it answered: ${detail}`);
}

/** AppError `protocol`: what answers there is no controller that this client understands. */
export function strangeAnswer(url: string, what: string): AppError {
  return new AppError('protocol', `${url} does not answer as a controller of this version does: ${what}`, {
    hint: 'Is this the URL of a Drover controller, and of about the same version?',
  });
}
