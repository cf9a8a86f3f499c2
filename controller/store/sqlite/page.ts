// One page of a list. A query reads one row more than the page, to see whether another page follows.
import type { Page } from '../../../shared/wire/api.js';

/** The first `limit` of the items; the cursor of the page after it is the key of its last one. Pure. */
export function pageOf<Item>(
  items: readonly Item[],
  { limit, keyOf }: { limit: number; keyOf: (item: Item) => string },
): Page<Item> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown, next: items.length > limit && last !== undefined ? keyOf(last) : null };
}
