// A whole list, page by page.
import type { Page } from '../../shared/wire/api.js';

/** All items of a list that the API gives in pages. */
export async function listAll<Item>(
  list: (query: { limit: number; cursor?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await list({ limit: 1000, ...(cursor === null ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}
