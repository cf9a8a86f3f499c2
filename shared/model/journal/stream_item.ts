// The items of an upgrade's stream, in order: events, and the output of commands between them. They have one shape
// everywhere: in memory, on the wire, in the API and under --json.
import { z } from 'zod';
import { sharedLimits as limits } from '../../limits.js';
import { eventSchema, type Event } from './events.js';
import { count, key } from '../names.js';

/** A piece of a command's output; `at` and `next` are byte offsets in what it really printed. */
export const outputPieceSchema = z.object({
  key,
  at: count,
  next: count,
  text: z.string().max(limits.output.max),
});
export type OutputPiece = z.infer<typeof outputPieceSchema>;

export const streamItemSchema = z.union([z.object({ output: outputPieceSchema }), z.object({ event: eventSchema })]);
export type StreamItem = z.infer<typeof streamItemSchema>;

/** The event without the tenant's configuration, which holds secrets and must not leave the host. */
export function withoutConfig(event: Event): Event {
  if (event.type === 'begin') return { ...event, config: null };
  if (event.type !== 'resume' && event.type !== 'rollback') return event;
  const { config: _config, ...told } = event;
  return told;
}
