// What stands for an event that is over a limit of today: one of the same number, which says what is left out.
import { eventSchema, type Event } from './events.js';
import { fit } from '../fit.js';
import { fitPlan } from '../plan/fit_plan.js';
import { jsonBytes } from '../text.js';

/** An event of the same number that says what is left out of this one; null for what is no event. */
export function stubEvent(value: unknown): Event | null {
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
