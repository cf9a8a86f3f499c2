// Validates the values of a configuration against a schema.
import type { z } from 'zod';
import { configError, type ConfigSource } from './config_source.js';
import { explainIssues } from './explain_issues.js';

/** What to do about keys that a schema refuses. */
export const wrongKeysHint = 'correct these keys; the guides in deploy/guides list them all';

/** The values as the schema gives them; throws AppError `config` with every problem on a line of its own. */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, source: ConfigSource): z.output<Schema> {
  const parsed = schema.safeParse(source.value);
  if (parsed.success) return parsed.data;
  const problems = explainIssues(schema, source.value, parsed.error.issues);
  throw configError(source, problems, { hint: wrongKeysHint });
}
