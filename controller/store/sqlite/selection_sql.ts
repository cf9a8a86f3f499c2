// Selections as SQL conditions over `slugs` and `tenants`: the same as `matchesSelection`, decided by the database.
import { versionKey } from '../../../shared/version_key.js';
import type { Selection, Term } from '../../../shared/selection/selection.js';

/** A condition with `?` for its values, in their order. */
export interface Condition {
  sql: string;
  values: readonly string[];
}

/** True of everything. */
export const always: Condition = { sql: '1', values: [] };

/** The labels that a selection compares. Both are JSON objects. */
const adminLabels = `json_extract(slugs.labels, ?)`;
const allLabels = `COALESCE(json_extract(slugs.labels, ?), json_extract(tenants.report, '$.labels.' || ?))`;

/** Which tenants the selection selects: a condition on `slugs` joined with `tenants`. */
export const selectTenants = (selection: Selection) => compile(selection, allLabels);

/** The same for a scope: a condition on `slugs` alone, with the labels that admins have set. */
export const selectScope = (selection: Selection) => compile(selection, adminLabels);

/** The same of a scope that may be null, which is everything. */
export const selectSeen = (scope: Selection | null) => (scope === null ? always : selectScope(scope));

/** True where `column`, of another table, holds the slug of a tenant in this scope. Costs one look-up a row. */
export function inScope(scope: Selection | null, column: string): Condition {
  if (scope === null) return always;
  const { sql, values } = selectScope(scope);
  return { sql: `EXISTS (SELECT 1 FROM slugs WHERE slugs.slug = ${column} AND ${sql})`, values };
}

/** The same for a list that an index over `column` serves: the slugs are found first, once. */
export function amongScope(scope: Selection | null, column: string): Condition {
  if (scope === null) return always;
  const { sql, values } = selectScope(scope);
  return { sql: `${column} IN (SELECT slug FROM slugs WHERE ${sql})`, values };
}

/** True of the host in `column` if it has a tenant in this scope: who sees no tenant of a host does not see the host. */
export function hostInScope(scope: Selection | null, column: string): Condition {
  if (scope === null) return always;
  const { sql, values } = selectScope(scope);
  return { sql: `EXISTS (SELECT 1 FROM slugs WHERE slugs.host = ${column} AND ${sql})`, values };
}

function compile(selection: Selection, labels: string): Condition {
  if (selection.kind === 'term') return compileTerm(selection, labels);
  if (selection.kind === 'not') {
    const { sql, values } = compile(selection.of, labels);
    return { sql: `NOT (${sql})`, values };
  }
  const parts = selection.of.map((part) => compile(part, labels));
  const sign = selection.kind === 'and' ? ' AND ' : ' OR ';
  return { sql: `(${parts.map(({ sql }) => sql).join(sign)})`, values: parts.flatMap(({ values }) => values) };
}

/** Never NULL, so that `NOT` is its opposite. */
function compileTerm(term: Term, labels: string): Condition {
  const { operator, value } = term;
  const own = valueOf(term, labels);
  const on = (sql: string, ...values: readonly string[]) => ({ sql, values: [...own.values, ...values] });
  switch (operator) {
    case '=':
    case '!=':
      return on(`${own.sql} IS ${operator === '=' ? '' : 'NOT '}?`, value);
    case '~':
      return on(`COALESCE(${own.sql} GLOB ?, 0)`, toGlob(value));
    case '!~':
      return on(`NOT COALESCE(${own.sql} GLOB ?, 0)`, toGlob(value));
    default: {
      const { prefix, key } = versionKey(value) ?? { prefix: '', key: '' };
      const sql = `COALESCE(tenants.version_prefix = ? AND tenants.version_key ${operator} ?, 0)`;
      return { sql, values: [prefix, key] };
    }
  }
}

function valueOf({ field, name }: Term, labels: string): Condition {
  switch (field) {
    case null: {
      const path = `"${name}"`;
      return { sql: labels, values: labels === adminLabels ? [`$.${path}`] : [`$.${path}`, path] };
    }
    case 'slug':
      return { sql: 'slugs.slug', values: [] };
    case 'host':
      return { sql: 'slugs.host', values: [] };
    case 'drift':
      return { sql: `iif(tenants.has_drift IS 1, 'yes', 'no')`, values: [] };
    case 'state':
      return { sql: `COALESCE(json_extract(tenants.report, '$.state'), 'missing')`, values: [] };
    default:
      return { sql: `json_extract(tenants.report, '$.${field}')`, values: [] };
  }
}

/** `[` means something in SQLite's patterns, and nothing in a selection. */
const toGlob = (pattern: string) => pattern.replaceAll('[', '[[]');
