// Reads an upgrade's stream from the store: the stored items, and those that are stored later.
import type { Notifier } from '../../shared/os/notifier.js';
import type { SeenStore } from '../store/port.js';
import type { StoredItem } from '../store/stored.js';

/** Items per read; one has up to 64 KiB. */
const pageItems = 32;

/** The stored items after number `after`. A number beyond the end comes from another store: then all items. */
export async function* readStream(
  { upgrades }: SeenStore,
  { id, after }: { id: string; after: number },
): AsyncGenerator<StoredItem> {
  const upgrade = await upgrades.find(id);
  if (upgrade === null) return;
  for (let seq = after > upgrade.items ? 0 : after; ; ) {
    const page = await upgrades.readStream(id, { after: seq, limit: pageItems });
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    seq = last.seq;
  }
}

/** The same, then each new item until the upgrade has ended. Rejects when `signal` aborts. */
export async function* followStream(
  { seen, notifier }: { seen: SeenStore; notifier: Notifier },
  { id, after, signal }: { id: string; after: number; signal: AbortSignal },
): AsyncGenerator<StoredItem> {
  const subscription = notifier.subscribe(id);
  try {
    let seq = after;
    for (;;) {
      const known = (await seen.upgrades.find(id))?.items ?? 0;
      for await (const stored of readStream(seen, { id, after: seq })) {
        signal.throwIfAborted();
        seq = stored.seq;
        yield stored;
      }
      const upgrade = await seen.upgrades.find(id);
      if (upgrade === null || (upgrade.isOver && upgrade.items === known)) return;
      await subscription.next({ signal });
    }
  } finally {
    subscription.close();
  }
}
