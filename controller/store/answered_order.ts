// Which order an event of a journal answers, besides the first event, which answers the order of its upgrade.
import type { Event } from '../../shared/model/journal/events.js';

/** The id of the rollback or the resume that began with this event, or null. Pure. */
export function findAnsweredOrder(event: Event): string | null {
  if (event.type === 'rollback') return event.id;
  return event.type === 'resume' ? (event.id ?? null) : null;
}
