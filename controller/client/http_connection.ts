// One request to the controller; every failure becomes an AppError.
import type { z } from 'zod';
import { apiPrefix, problemSchema } from '../../shared/wire/api.js';
import { isErrorCode, type AppError } from '../../shared/errors.js';
import { parseJson } from '../../shared/json.js';
import { fromErrorBody } from '../../shared/model/error_body.js';
import { explainNoAnswer, explainStatus, strangeAnswer, unreachable } from './explain_unreachable.js';

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
      throw await explainNoAnswer(url, error);
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
  const text = await response.text().catch(() => '');
  const value = parseJson(text);
  const { data: problem } = problemSchema.safeParse(value);
  if (problem !== undefined && isErrorCode(problem.code)) {
    return fromErrorBody({ ...problem, message: problem.detail });
  }
  const location = response.headers.get('location');
  return explainStatus(url, { status, statusText: problem?.detail ?? statusText, text, location });
}
