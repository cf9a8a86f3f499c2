// How a stream is told while it happens, whatever it is told to.
import type { StreamItem } from '../model/stream_item.js';

export interface StreamRenderer {
  /** The lines for this item, without the last line's end, or null; items come in order. */
  render(item: StreamItem): string | null;
  /** What is under way after the items so far, or null. */
  pending(): string | null;
}
