// Tells an upgrade's stream from the store: what is there, and what is stored later.
import type { Store } from '../store/sqlite/open_store.js';
import type { StoredItem } from '../store/sqlite/stream_items.js';
import type { Notifier } from '../bus/notifier.js';

/** So many items are read at a time; one has up to 64 KiB. */
const pageItems = 32;

/** What is stored now after `after`; a place beyond the end (of another store's stream) is none: all is told. */
export async function* readStream(
  store: Store,
  { id, after }: { id: string; after: number },
): AsyncGenerator<StoredItem> {
  const row = store.upgrades.find(id);
  if (row === null) return;
  for (let seq = after > row.items ? 0 : after; ; ) {
    const page = store.upgrades.readStream(row.no, seq, pageItems);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    seq = last.seq;
  }
}

/** The same, and on until the upgrade has ended. Rejects when `signal` aborts. */
export async function* followStream(
  { store, notices }: { store: Store; notices: Notifier },
  { id, after, signal }: { id: string; after: number; signal: AbortSignal },
): AsyncGenerator<StoredItem> {
  const bell = notices.subscribe(id);
  try {
    let seq = after;
    for (;;) {
      const known = store.upgrades.find(id)?.items ?? 0;
      for await (const stored of readStream(store, { id, after: seq })) {
        signal.throwIfAborted();
        seq = stored.seq;
        yield stored;
      }
      const row = store.upgrades.find(id);
      if (row === null || (row.over === 1 && row.items === known)) return;
      await bell.next(signal);
    }
  } finally {
    bell.close();
  }
}
