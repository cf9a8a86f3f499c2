// Writes many small things that arrive by themselves as one: with few statements for all of a transaction.
import type { Sql, StoreDatabase } from './database.js';

/**
 * Returns a write of one item. The items until the next transaction are given to `writeAll` together, in their order. What
 * that returns, each of them gets once it is durable. As with any write, `writeAll` may run twice; its items are stored
 * together or not at all.
 */
export function createBatchWriter<Item, Result>(
  { write }: Pick<StoreDatabase, 'write'>,
  writeAll: (sql: Sql, items: readonly Item[]) => Result,
): (item: Item) => Promise<Result> {
  let open: { items: Item[]; written: Promise<Result> } | null = null;
  return (item) => {
    if (open === null) {
      const items: Item[] = [];
      const written = write((sql) => {
        // Not where this runs again: others are collected already.
        if (open?.items === items) open = null;
        return writeAll(sql, items);
      });
      open = { items, written };
    }
    open.items.push(item);
    return open.written;
  };
}
