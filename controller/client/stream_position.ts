// How far a stream has been told: what comes twice is passed over, and what is missing is noticed.
import type { StreamItem } from '../../shared/model/stream_item.js';

export interface StreamPosition {
  /** What is new of the item; `old` when nothing is, `gap` where something is missing before it. */
  look(item: StreamItem): StreamItem | 'old' | 'gap';
  /** The item has been told, whatever is missing before it. */
  advance(item: StreamItem): void;
  /** True when the last record that was told is an end. */
  isFinished(): boolean;
}

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
      const told = outputs.get(item.output.key) ?? 0;
      if (item.output.next <= told) return 'old';
      if (item.output.at > told) return 'gap';
      return item.output.at === told ? item : cutOutput(item, told);
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

/** The part after `told`. Places count what was really printed: where the text was made harmless they do not fit it. */
function cutOutput(item: Extract<StreamItem, { output: unknown }>, told: number): StreamItem {
  const bytes = Buffer.from(item.output.text);
  if (bytes.length !== item.output.next - item.output.at) return item;
  return { output: { ...item.output, at: told, text: bytes.subarray(told - item.output.at).toString() } };
}
