// The one door into a journal, and the one out of it: what an event holds is clean, masked and bounded.
import { eventSchema, type Event, type EventBody } from '../../shared/model/events.js';
import { fit, fitted } from '../../shared/model/fit.js';
import { jsonBytes } from '../../shared/model/text.js';
import { withoutConfig } from '../../shared/model/stream_item.js';
import { fitPlan } from './fit_plan.js';

/**
 * The event as the journal takes it: its texts are cleaned, masked and shortened. Throws ZodError for a name, a value or
 * a list that is over its limit and cannot be shortened.
 */
export function admitEvent(stamped: EventBody & Pick<Event, 'n' | 'at'>, secrets: readonly string[]): Event {
  return fitted(eventSchema, stamped, secrets);
}

/** True for an event of this version's journals; and for one from before there were limits, which may be over them. */
export function isEvent(value: unknown): value is Event {
  return eventSchema.safeParse(value).success || makeStub(value) !== null;
}

/** The event as it is sent: without the tenant's configuration, and in place of one that is too large a stub. */
export function tellEvent(event: Event): Event {
  const told = withoutConfig(event);
  return eventSchema.safeParse(told).success ? told : (makeStub(told) ?? told);
}

/** An event of the same number that says what is left out of this one; null for what is no event. */
function makeStub(value: unknown): Event | null {
  const event = fit(eventSchema, value);
  if (typeof event !== 'object' || event === null) return null;
  const size = jsonBytes(value);
  const { n, at, type, plan } = event as Partial<Record<'n' | 'at' | 'type' | 'plan', unknown>>;
  const candidates = [
    event,
    { ...event, value: `[${size} bytes left out]` },
    { ...event, plan: fitPlan(plan) },
    ...(isEventType(type) ? [{ type: 'line', n, at, text: `[an event ${type} of ${size} bytes is left out]` }] : []),
  ];
  for (const candidate of candidates) {
    const parsed = eventSchema.safeParse(candidate);
    if (parsed.success) return parsed.data;
  }
  return null;
}

function isEventType(type: unknown): type is Event['type'] {
  return typeof type === 'string' && eventTypes.has(type);
}

const eventTypes: ReadonlySet<string> = new Set(eventSchema.options.flatMap(({ shape }) => [...shape.type.values]));
