// Parses the keys of a tenant file as far as they are right, so that all mistakes of the file are found at once.
import type { z } from 'zod';
import type { ConfigProblem, ConfigSource, FoundProblems } from '../../../shared/config/config_source.js';
import { explainIssues } from '../../../shared/config/explain_issues.js';
import { sharedLimits } from '../../../shared/limits.js';
import { wrongKeysHint } from '../../../shared/config/parse_config.js';
import { tenantFileSchema } from './tenant_config.js';

const someKeys = tenantFileSchema.partial();
export type RightKeys = z.infer<typeof someKeys>;

/**
 * The keys that are right, and the problems of the others. `unfilled` are texts with names that cannot be filled in:
 * what else is wrong with them is not said.
 */
export function parseTenant(
  source: ConfigSource,
  { unfilled, found }: { unfilled: readonly ConfigProblem[]; found: FoundProblems },
): RightKeys {
  const parsed = tenantFileSchema.safeParse(source.value);
  if (parsed.success && unfilled.length === 0) return parsed.data;
  const issues = parsed.success ? [] : parsed.error.issues;
  const notFilled = new Set(unfilled.map(({ path: [key] }) => key));
  const { max } = sharedLimits.problems;
  const more = unfilled.length > max ? [{ path: [], what: `${unfilled.length - max} more problems` }] : [];
  found.add(
    [...unfilled.slice(0, max), ...more],
    'name it in `vars`, write `{{name}}` for the text `{name}`, or shorten what is filled in',
  );
  const others = explainIssues(tenantFileSchema, source.value, issues).filter(({ path: [key] }) => !notFilled.has(key));
  found.add(others, wrongKeysHint);
  const wrong = new Set([...notFilled, ...issues.flatMap(keysOf)]);
  const right = Object.entries(source.value).filter(([key]) => !wrong.has(key));
  return someKeys.safeParse(Object.fromEntries(right)).data ?? {};
}

/** The keys of the file that an issue is about. */
function keysOf(issue: z.core.$ZodIssue): PropertyKey[] {
  const [key] = issue.path;
  if (key !== undefined) return [key];
  return issue.code === 'unrecognized_keys' ? issue.keys : [];
}
