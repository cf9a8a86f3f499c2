// Turns errors into problem+json (RFC 9457), by the table of codes.
import { STATUS_CODES } from 'node:http';
import type { Problem } from '../../shared/wire/api.js';
import { AppError, toAppError, type ErrorCode } from '../../shared/errors.js';
import { errnoOf } from '../../shared/os/errno.js';

export const problemType = 'application/problem+json';

/** The error as the body of an answer. Pure. */
export function toProblem({ httpStatus, message, code, hint }: AppError): Problem {
  const title = STATUS_CODES[httpStatus] ?? 'Error';
  return { type: 'about:blank', title, status: httpStatus, detail: message, code, hint: hint ?? null };
}

/** Fastify's own errors by code, in Drover's words. */
const requestErrors: Readonly<Record<string, { code: ErrorCode; message: string; hint: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'too-large',
    message: 'the body is larger than 1 MiB',
    hint: 'No request of this API needs as much; /docs shows what each takes.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: {
    code: 'usage',
    message: 'the body is empty, but the Content-Type is JSON',
    hint: 'Send `{}`, or neither a body nor a Content-Type.',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: {
    code: 'usage',
    message: 'the body is not valid JSON',
    hint: 'Send one JSON object, such as {"version": "v0.4.0"}.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'media-type',
    message: 'the Content-Type is not JSON',
    hint: 'Send the header `Content-Type: application/json`, and a JSON object.',
  },
};

/** Turns whatever was thrown into an AppError for the client. An unexpected error reveals no internals. */
export function explainThrown(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { code, statusCode } = readFastifyError(thrown);
  const known = requestErrors[code];
  if (known !== undefined) return new AppError(known.code, known.message, { hint: known.hint, cause: thrown });
  const { message } = toAppError(thrown);
  if (statusCode >= 400 && statusCode < 500) {
    return new AppError('usage', message, { hint: '/docs shows what each request takes.', cause: thrown });
  }
  return new AppError('internal', 'the controller failed to handle the request', {
    hint: "The controller's log has the error.",
    cause: thrown,
  });
}

function readFastifyError(thrown: unknown): { code: string; statusCode: number } {
  if (!(thrown instanceof Error)) return { code: '', statusCode: 0 };
  const code = errnoOf(thrown) ?? '';
  const statusCode = 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : 0;
  return { code, statusCode };
}
