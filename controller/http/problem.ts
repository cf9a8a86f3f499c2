// Errors as answers: problem+json (RFC 9457), by the table of codes.
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

/** What Fastify itself says of a request, by its codes; the words are ours. */
const requestErrors: Readonly<Record<string, { code: ErrorCode; message: string; hint: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'too-large',
    message: 'the body is larger than 1 MiB',
    hint: 'No request of this API needs as much; /docs shows what each takes.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: {
    code: 'usage',
    message: 'the body is empty, though the request says that it is JSON',
    hint: 'Send `{}`, or neither a body nor a Content-Type.',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: {
    code: 'usage',
    message: 'the body is no JSON',
    hint: 'Send one JSON object, such as {"version": "v0.4.0"}.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'media-type',
    message: 'the body is of another type than JSON',
    hint: 'Send the header `Content-Type: application/json`, and a JSON object.',
  },
};

/** Whatever was thrown, as an error that may be told. What nobody raised on purpose says nothing of the inside. */
export function explainThrown(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { code, statusCode } = readFastifyError(thrown);
  const known = requestErrors[code];
  if (known !== undefined) return new AppError(known.code, known.message, { hint: known.hint, cause: thrown });
  const { message } = toAppError(thrown);
  if (statusCode >= 400 && statusCode < 500) {
    return new AppError('usage', message, { hint: '/docs shows what each request takes.', cause: thrown });
  }
  return new AppError('internal', 'something went wrong inside of the controller', {
    hint: "The controller's log says what.",
    cause: thrown,
  });
}

function readFastifyError(thrown: unknown): { code: string; statusCode: number } {
  if (!(thrown instanceof Error)) return { code: '', statusCode: 0 };
  const code = errnoOf(thrown) ?? '';
  const statusCode = 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : 0;
  return { code, statusCode };
}
