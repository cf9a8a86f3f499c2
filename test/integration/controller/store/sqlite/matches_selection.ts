// Whether a selection selects a tenant, decided in memory: the SQL of the store is compared with it.
import { versionKey } from '../../../../../shared/version_key.js';
import type { Operator, Selection, Term } from '../../../../../shared/selection/selection.js';

export interface TenantFacts {
  slug: string;
  host: string;
  version: string | null;
  state: string;
  drift: boolean;
  labels: Readonly<Record<string, string>>;
}

/** Pure. What a tenant lacks equals nothing: `version=…` and `version!=…` of a tenant without a version differ only in `!`. */
export function matchesSelection(selection: Selection, tenant: TenantFacts): boolean {
  switch (selection.kind) {
    case 'and':
      return selection.of.every((part) => matchesSelection(part, tenant));
    case 'or':
      return selection.of.some((part) => matchesSelection(part, tenant));
    case 'not':
      return !matchesSelection(selection.of, tenant);
    default:
      return matchesTerm(selection, tenant);
  }
}

function matchesTerm(term: Term, tenant: TenantFacts): boolean {
  const { operator, value } = term;
  const own = valueOf(term, tenant);
  if (operator === '!=') return own !== value;
  if (operator === '!~') return own === null || !matchesPattern(own, value);
  if (own === null) return false;
  if (operator === '=') return own === value;
  if (operator === '~') return matchesPattern(own, value);
  return isInOrder(own, { operator, value });
}

function valueOf({ field, name }: Term, tenant: TenantFacts): string | null {
  if (field === null) return Object.hasOwn(tenant.labels, name) ? (tenant.labels[name] ?? null) : null;
  if (field === 'drift') return tenant.drift ? 'yes' : 'no';
  return tenant[field];
}

/** Linear in both lengths: a pattern is the text between its `*`, each found as early as possible. */
export function matchesPattern(text: string, pattern: string): boolean {
  let [at, from, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (from < pattern.length && pattern[from] !== '*' && (pattern[from] === '?' || pattern[from] === text[at])) {
      at += 1;
      from += 1;
    } else if (pattern[from] === '*') {
      star = from;
      mark = at;
      from += 1;
    } else if (star >= 0) {
      from = star + 1;
      mark += 1;
      at = mark;
    } else return false;
  }
  while (pattern[from] === '*') from += 1;
  return from === pattern.length;
}

function isInOrder(own: string, { operator, value }: { operator: Operator; value: string }): boolean {
  const [left, right] = [versionKey(own), versionKey(value)];
  if (left === null || right === null || left.prefix !== right.prefix) return false;
  if (left.key === right.key) return operator.endsWith('=');
  return left.key < right.key === operator.startsWith('<');
}
