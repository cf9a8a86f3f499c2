// Derives the result of an upgrade from its stored events, a page at a time: other work goes on between two pages.
import { setImmediate as afterOtherWork } from 'node:timers/promises';
import { createResultFold, type ResultFold } from '../../../shared/model/journal/derive_result.js';
import type { Sql } from './database/database.js';
import { readEvents } from './stream_items.js';

/** Items per page: some ten milliseconds, even where the events are long. */
const pageItems = 100;

/** The fold over the events among the first `items` items of an upgrade. */
export type FoldStored = (id: string, items: number) => Promise<ResultFold>;

/** One for all upgrades: however many are derived at once, one page is read between two pieces of other work. */
export function createFoldStored(read: Sql): FoldStored {
  let last: Promise<unknown> = Promise.resolve();

  function afterOthers(): Promise<unknown> {
    last = last.then(() => afterOtherWork());
    return last;
  }

  return async (id, items) => {
    const fold = createResultFold();
    for (let after = 0; after < items; after += pageItems) {
      // Most upgrades have one page.
      if (after > 0) await afterOthers();
      for (const event of readEvents(read, id, { after, last: Math.min(items, after + pageItems) })) fold.add(event);
    }
    return fold;
  };
}
