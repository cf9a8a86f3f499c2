// An error as it travels: on the wire, in the store, under --json.
import { z } from 'zod';
import { AppError, isErrorCode, toAppError } from '../errors.js';

export const errorBodySchema = z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() });
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** Whatever was thrown, as it travels. */
export function toErrorBody(thrown: unknown): ErrorBody & Pick<AppError, 'code'> {
  const { code, message, hint } = toAppError(thrown);
  return { code, message, hint: hint ?? null };
}

/** The error that travelled; a code that is not in the table becomes `internal`. */
export function fromErrorBody({ code, message, hint }: ErrorBody): AppError {
  return new AppError(isErrorCode(code) ? code : 'internal', message, hint === null ? {} : { hint });
}
