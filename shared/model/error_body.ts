// An error as it travels: on the wire, in the store, under --json.
import { z } from 'zod';
import { AppError, isErrorCode, toAppError } from '../errors.js';
import { fitted } from './fit.js';
import { errorCode } from './names.js';
import { text } from './text.js';

export const errorBodySchema = z.object({ code: errorCode, message: text(), hint: text().nullable() });
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** Whatever was thrown, as it travels; `secrets` are masked. */
export function toErrorBody(thrown: unknown, secrets: readonly string[] = []): ErrorBody & Pick<AppError, 'code'> {
  const { code, message, hint } = toAppError(thrown);
  return { ...fitted(errorBodySchema, { code, message, hint: hint ?? null }, secrets), code };
}

/** The same error with a message and a hint that are clean, short and without these secrets. */
export function maskError(thrown: unknown, secrets: readonly string[]): AppError {
  const { code, cause, details, outside } = toAppError(thrown);
  const { message, hint } = toErrorBody(thrown, secrets);
  return new AppError(code, message, { cause, details, outside, ...(hint === null ? {} : { hint }) });
}

/** The error that travelled; a code that is not in the table becomes `internal`. */
export function fromErrorBody({ code, message, hint }: ErrorBody): AppError {
  return new AppError(isErrorCode(code) ? code : 'internal', message, hint === null ? {} : { hint });
}
