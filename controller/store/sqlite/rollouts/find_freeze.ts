// Which freeze holds a tenant at a time.
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import { parseSelection } from '../../../../shared/selection/parse_selection.js';
import type { StoredFreeze } from '../../freezes.js';
import type { Sql } from '../database/database.js';
import { always, selectTenants, type Condition } from '../selection_sql.js';

const exceptionSchema = z.object({ slug: z.string(), by: z.string(), why: z.string(), at: z.string() });

const freezeRow = z.object({
  no: z.number(),
  name: z.string(),
  selection: z.string().nullable(),
  begins_at: z.string(),
  ends_at: z.string().nullable(),
  zone: z.string(),
  created_at: z.string(),
  created_by: z.string(),
  why: z.string().nullable(),
  exceptions: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.array(exceptionSchema)),
});

/** A row of `freezes`, with its number. */
export function toFreeze(row: Readonly<Record<string, unknown>>): StoredFreeze & { no: number } {
  const { selection: where, ...freeze } = freezeRow.parse(row);
  return { ...freeze, where };
}

/** True of freezes that have not ended at `?`. Their index is over the same expression. */
export const isOpen = `coalesce(ends_at, '9999') > ?`;

/**
 * The freezes that hold tenants at this time, the oldest first. One that began when it was made holds from the moment that it
 * is stored: `at` may have been read a little earlier.
 */
export function listActive(sql: Sql, at: string): (StoredFreeze & { no: number })[] {
  return sql
    .all(`SELECT * FROM freezes WHERE ${isOpen} AND (begins_at <= ? OR begins_at <= created_at) ORDER BY no`, [at, at])
    .map(toFreeze);
}

/** The planned freezes that begin after this time, the first one first. */
function listComing(sql: Sql, at: string): StoredFreeze[] {
  const coming = `${isOpen} AND begins_at > ? AND begins_at > created_at`;
  return sql.all(`SELECT * FROM freezes WHERE ${coming} ORDER BY begins_at, no`, [at, at]).map(toFreeze);
}

/** The tenants that a freeze selects: a condition on `slugs` joined with `tenants`. Exceptions are still in it. */
export function selectFrozen({ where }: Pick<StoredFreeze, 'where'>): Condition {
  return where === null ? always : selectTenants(parseSelection(where));
}

/** A time, and a FROM clause with `slugs` and `tenants`, whose values are `values`. */
interface Asked {
  at: string;
  from: string;
  values: readonly string[];
}

/** The slugs that are frozen at that time, each with its freeze. */
export function findFrozen(sql: Sql, asked: Asked): Map<string, StoredFreeze> {
  return findFirst(sql, listActive(sql, asked.at), asked);
}

/** The slugs that a planned freeze holds later, each with the first one. */
export function findFrozenLater(sql: Sql, asked: Asked): Map<string, StoredFreeze> {
  return findFirst(sql, listComing(sql, asked.at), asked);
}

function findFirst(sql: Sql, freezes: readonly StoredFreeze[], { from, values }: Asked): Map<string, StoredFreeze> {
  const frozen = new Map<string, StoredFreeze>();
  for (const freeze of freezes) {
    const selected = selectFrozen(freeze);
    const excepted = new Set(freeze.exceptions.map(({ slug }) => slug));
    for (const row of sql.all(`SELECT slugs.slug ${from} AND ${selected.sql}`, [...values, ...selected.values])) {
      const slug = String(row['slug']);
      if (!excepted.has(slug) && !frozen.has(slug)) frozen.set(slug, freeze);
    }
  }
  return frozen;
}

/** Tenants joined with the reports of their own hosts. */
const among = `FROM slugs LEFT JOIN tenants ON tenants.slug = slugs.slug AND tenants.host = slugs.host
  WHERE slugs.slug IN (SELECT value FROM json_each(?))`;

/** Which of these tenants are frozen, each with its freeze. */
export function findFrozenAmong(sql: Sql, slugs: readonly string[], at: string): Map<string, StoredFreeze> {
  return findFrozen(sql, { at, from: among, values: [JSON.stringify(slugs)] });
}

/** AppError `frozen`, with the ways out. Why the freeze was made is for those who see the whole fleet: it is not said here. */
export function frozenError(slug: string, { name, ends_at }: StoredFreeze): AppError {
  const until = ends_at === null ? 'until somebody ends it' : `until ${ends_at}`;
  return new AppError('frozen', `${slug} is frozen by ${name} ${until}`, {
    hint: `\`drover freeze list\` says why; \`drover freeze except ${name} ${slug} --reason WHY\` lets this tenant through.`,
    details: { freeze: name },
  });
}

/** When the next freeze begins, or an active one ends; null for never. */
export function findNextChange(sql: Sql, at: string): string | null {
  const row = sql.get(
    `SELECT min(iif(begins_at > ?1, begins_at, ends_at)) AS next FROM freezes WHERE coalesce(ends_at, '9999') > ?1`,
    [at],
  );
  return typeof row?.['next'] === 'string' ? row['next'] : null;
}
