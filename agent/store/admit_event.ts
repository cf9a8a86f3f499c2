// The one door into a journal, and the one out of it: what an event holds is clean, masked and bounded.
import { eventSchema, type Event, type EventBody } from '../../shared/model/journal/events.js';
import { fitted } from '../../shared/model/fit.js';
import { withoutConfig } from '../../shared/model/journal/stream_item.js';
import { stubEvent } from '../../shared/model/journal/stub_event.js';

/**
 * The event as the journal takes it: its texts are cleaned, masked and shortened. Throws ZodError for a name, a value or
 * a list that is over its limit and cannot be shortened.
 */
export function admitEvent(stamped: EventBody & Pick<Event, 'n' | 'at'>, secrets: readonly string[]): Event {
  return fitted(eventSchema, stamped, secrets);
}

/** True for an event of this version's journals; and for one from before there were limits, which may be over them. */
export function isEvent(value: unknown): value is Event {
  return eventSchema.safeParse(value).success || stubEvent(value) !== null;
}

/** The event as it is sent: without the tenant's configuration, and in place of one that is too large a stub. */
export function tellEvent(event: Event): Event {
  const told = withoutConfig(event);
  return eventSchema.safeParse(told).success ? told : (stubEvent(told) ?? told);
}
