// How a story is told while it happens, whatever it is told to.
import type { StoryItem } from '../model/stream_item.js';

export interface StoryTeller {
  /** The lines for this item, without the last line's end, or null; items come in order. */
  tell(item: StoryItem): string | null;
  /** What is under way after the items so far, or null. */
  pending(): string | null;
}
