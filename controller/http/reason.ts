// The reason of a change: a key of every audited request's body.
import { z } from 'zod';
import { reasonSchema } from '../../shared/wire/access_api.js';
import { parseInput } from './parse_input.js';

const reasonInput = z.object({ body: z.looseObject({ reason: reasonSchema }) });

/** The reason in a body, and the body for its route, which has the reason only where its schema has that key itself. */
export function takeReason(schema: z.ZodObject | undefined, body: unknown): { reason: string | null; rest: unknown } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { reason: null, rest: body };
  const { reason = null, ...rest } = parseInput(reasonInput, { body }).body;
  return { reason, rest: hasReason(schema) ? body : rest };
}

/** The schema of an audited request's body. */
export function withReason(schema: z.ZodObject = z.strictObject({})): z.ZodObject {
  return hasReason(schema) ? schema : schema.extend({ reason: reasonSchema });
}

const hasReason = (schema: z.ZodObject | undefined) => schema !== undefined && 'reason' in schema.shape;
