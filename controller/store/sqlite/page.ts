// One page of a list. A query reads one row more than the page, to see whether another page follows.
import type { Page } from '../../../shared/wire/api.js';

type Row = Readonly<Record<string, unknown>>;

/** The first `limit` of the rows; the cursor of the page after it is the column `key` of its last one. Pure. */
export function pageOf<Item>(
  rows: readonly Row[],
  { limit, key, of }: { limit: number; key: string; of: (row: Row) => Item },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(of), next: rows.length > limit && last !== undefined ? String(last[key]) : null };
}
