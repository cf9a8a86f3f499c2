// The items of an upgrade's story, in the order in which it is told: records, and what commands print between them.
import type { Event } from './events.js';

/** A piece of a command's output; `at` and `next` are byte offsets in what it really printed. */
export interface OutputPiece {
  key: string;
  at: number;
  next: number;
  text: string;
}

export type StoryItem = { is: 'event'; event: Event } | ({ is: 'output' } & OutputPiece);
