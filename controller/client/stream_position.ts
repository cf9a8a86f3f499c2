// How far a stream has been passed on: repeated items are dropped, and missing ones are detected.
import type { StreamItem } from '../../shared/model/journal/stream_item.js';

export interface StreamPosition {
  /** What is new of the item; `old` when nothing is, `gap` where something is missing before it. */
  look(item: StreamItem): StreamItem | 'old' | 'gap';
  /** The item is passed on, whatever is missing before it. */
  advance(item: StreamItem): void;
  /** True when the last event that was passed on is an end. */
  isFinished(): boolean;
}

/** The position at the beginning of a stream. */
export function createStreamPosition(): StreamPosition {
  let events = 0;
  let isFinished = false;
  const outputs = new Map<string, number>();
  return {
    isFinished: () => isFinished,
    look(item) {
      if ('event' in item) {
        if (item.event.n <= events) return 'old';
        return item.event.n === events + 1 ? item : 'gap';
      }
      const passed = outputs.get(item.output.key) ?? 0;
      if (item.output.next <= passed) return 'old';
      if (item.output.at > passed) return 'gap';
      return item.output.at === passed ? item : cutOutput(item, passed);
    },
    advance(item) {
      if ('event' in item) {
        events = item.event.n;
        isFinished = item.event.type === 'finish';
      } else {
        outputs.set(item.output.key, item.output.next);
      }
    },
  };
}

/** The part after `passed`. Offsets count the bytes that the command printed: in cleaned text they do not fit. */
function cutOutput(item: Extract<StreamItem, { output: unknown }>, passed: number): StreamItem {
  const bytes = Buffer.from(item.output.text);
  if (bytes.length !== item.output.next - item.output.at) return item;
  return { output: { ...item.output, at: passed, text: bytes.subarray(passed - item.output.at).toString() } };
}
