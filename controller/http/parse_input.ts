// Holds what a request brings against the route's schemas; what is wrong is said by place and key.
import type { z } from 'zod';
import { explainIssues } from '../../shared/config/explain_issues.js';
import { AppError } from '../../shared/errors.js';

/** The input as the schema gives it. Throws AppError `invalid`, with a line such as `query.limit: …` for each wrong key. */
export function parseInput<Schema extends z.ZodObject>(schema: Schema, value: object): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = explainIssues(schema, value, parsed.error.issues);
  throw new AppError('invalid', problems.map(({ path, what }) => `${path.map(String).join('.')}: ${what}`).join('\n'), {
    hint: 'Correct the request; /docs shows what it takes.',
  });
}
