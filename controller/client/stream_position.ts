// How far a story has been told: what comes twice is passed over, and what is missing is noticed.
import type { StoryItem } from '../../shared/model/stream_item.js';

export interface StoryPosition {
  /** What is new of the item; `old` when nothing is, `gap` where something is missing before it. */
  look(item: StoryItem): StoryItem | 'old' | 'gap';
  /** The item has been told, whatever is missing before it. */
  advance(item: StoryItem): void;
  /** True when the last record that was told is an end. */
  isFinished(): boolean;
}

export function createStoryPosition(): StoryPosition {
  let events = 0;
  let isFinished = false;
  const outputs = new Map<string, number>();
  return {
    isFinished: () => isFinished,
    look(item) {
      if (item.is === 'event') {
        if (item.event.n <= events) return 'old';
        return item.event.n === events + 1 ? item : 'gap';
      }
      const told = outputs.get(item.key) ?? 0;
      if (item.next <= told) return 'old';
      if (item.at > told) return 'gap';
      return item.at === told ? item : cutOutput(item, told);
    },
    advance(item) {
      if (item.is === 'event') {
        events = item.event.n;
        isFinished = item.event.type === 'finish';
      } else {
        outputs.set(item.key, item.next);
      }
    },
  };
}

/** The part after `told`. Places count what was really printed: where the text was made harmless they do not fit it. */
function cutOutput(item: Extract<StoryItem, { is: 'output' }>, told: number): StoryItem {
  const bytes = Buffer.from(item.text);
  if (bytes.length !== item.next - item.at) return item;
  return { ...item, at: told, text: bytes.subarray(told - item.at).toString() };
}
