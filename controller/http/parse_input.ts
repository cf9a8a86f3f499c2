// Validates a request against the route's schemas. An error names the part and the key.
import type { z } from 'zod';
import { explainIssues } from '../../shared/config/explain_issues.js';
import { AppError } from '../../shared/errors.js';

/** The parsed input. Throws AppError `invalid`, with a line such as `query.limit: …` for each wrong key. */
export function parseInput<Schema extends z.ZodObject>(schema: Schema, value: object): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = explainIssues(schema, value, parsed.error.issues);
  throw new AppError('invalid', problems.map(({ path, what }) => `${path.map(String).join('.')}: ${what}`).join('\n'), {
    hint: 'Correct the request; /docs shows what it takes.',
  });
}
