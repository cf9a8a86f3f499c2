// The items of an upgrade's stream, in order: events, and what commands print between them. One shape from the journal to
// the screen: in memory, on the wire, in the API and under --json.
import { z } from 'zod';
import { eventSchema, type Event } from './events.js';

/** A piece of a command's output; `at` and `next` are byte offsets in what it really printed. */
export const outputPieceSchema = z.object({ key: z.string(), at: z.number(), next: z.number(), text: z.string() });
export type OutputPiece = z.infer<typeof outputPieceSchema>;

export const streamItemSchema = z.union([z.object({ output: outputPieceSchema }), z.object({ event: eventSchema })]);
export type StreamItem = z.infer<typeof streamItemSchema>;

/** The event as anyone outside of the host may see it: a tenant's configuration holds secrets, and stays on its host. */
export function withoutConfig(event: Event): Event {
  return event.type === 'begin' ? { ...event, config: null } : event;
}
