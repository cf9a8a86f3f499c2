// How a stream becomes text while it arrives: for a terminal, or for a pipe.
import type { StreamItem } from '../model/stream_item.js';

export interface StreamRenderer {
  /** The lines for this item, without the last line's end, or null; items come in order. */
  render(item: StreamItem): string | null;
  /** The step that runs after the items so far, or null. */
  pending(): string | null;
}
