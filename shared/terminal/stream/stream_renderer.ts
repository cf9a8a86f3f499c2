// How a stream becomes text while it arrives: for a terminal, or for a pipe.
import type { StreamItem } from '../../model/journal/stream_item.js';

export interface StreamRenderer {
  /** The lines for this item, without the last line's end, or null; items come in order, at this monotonic time. */
  render(item: StreamItem, nowMs: number): string | null;
  /** What runs after the items so far, in a few lines; empty where nothing does. */
  pending(nowMs: number): string[];
  /** True while a cancel would stop what runs. */
  isCancellable(): boolean;
}
