// Finds what is wrong with `tenant_defaults` whatever a tenant file adds: a default may lack keys that the tenant says, and
// hold names that are filled in for each tenant.
import type { z } from 'zod';
import { explainIssues, valueAt } from '../../../shared/config/explain_issues.js';
import type { ConfigProblem, KeyPath } from '../../../shared/config/config_source.js';
import { hasName } from './fill_in.js';
import { tenantFileSchema } from './tenant_config.js';

const schema = tenantFileSchema.omit({ slug: true }).partial();

/** The problems, by their paths in the defaults. */
export function checkDefaults(defaults: Readonly<Record<string, unknown>>): ConfigProblem[] {
  const parsed = schema.safeParse(defaults);
  if (parsed.success) return [];
  const issues = parsed.error.issues.filter((issue) => isCertain(issue, defaults, []));
  return explainIssues(schema, defaults, issues);
}

/** False where a tenant file can still make it right. */
function isCertain(issue: z.core.$ZodIssue, root: unknown, base: KeyPath): boolean {
  const path = [...base, ...issue.path];
  if (issue.code === 'invalid_union') {
    return issue.errors.every((branch) => branch.some((inner) => isCertain(inner, root, path)));
  }
  const value = valueAt(root, path);
  if (value === undefined) return false;
  const texts = Array.isArray(value) ? value : [value];
  return !texts.some((text) => typeof text === 'string' && hasName(text));
}
