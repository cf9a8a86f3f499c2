// Maintenance windows and local times in IANA zones. A local time that daylight saving leaves out counts as the moment after
// the gap; one that it repeats counts as the first of both for a beginning, and as the second for an end.
import { Temporal } from 'temporal-polyfill';
import { AppError } from '../../shared/errors.js';
import { weekdays, type Window } from '../../shared/model/rollout.js';

/** Open until then, or closed until then; null where nothing opens within the days that are looked at. */
export interface Opening {
  isOpen: boolean;
  /** ISO 8601. */
  until: string | null;
}

/** How many days are looked at for the next opening: over a year, so that every weekday in every season is among them. */
const daysAhead = 400;

/** Throws AppError `invalid` for a zone that there is not. */
export function requireZone(zone: string): void {
  try {
    Temporal.Now.zonedDateTimeISO(zone);
  } catch (error) {
    throw new AppError('invalid', `there is no time zone ${zone}`, {
      cause: error,
      hint: 'Name one of the IANA database, such as Europe/Berlin or UTC.',
    });
  }
}

/** Throws AppError `invalid` for a zone that there is not, and for windows of which none ever opens. */
export function checkWindows(windows: readonly Window[], at: string): void {
  for (const { zone } of windows) requireZone(zone);
  if (windows.length === 0 || openingAt(windows, at).until !== null) return;
  const [first] = windows;
  throw new AppError('invalid', `no window ever opens: ${first?.from ?? ''} to ${first?.until ?? ''} is no time`, {
    hint: 'A window ends after it begins; where `until` is the earlier time of day, it ends on the next day.',
  });
}

/** Whether one of the windows is open at that time. Without windows it is always open. */
export function openingAt(windows: readonly Window[], at: string): Opening {
  if (windows.length === 0) return { isOpen: true, until: null };
  const now = Temporal.Instant.from(at);
  const spans = windows.flatMap((window) => spansOf(window, now)).toSorted((a, b) => a.from - b.from);
  const atMs = now.epochMilliseconds;
  let end = atMs;
  // Windows that touch or overlap are one.
  for (const span of spans) if (span.from <= end && span.until > end) end = span.until;
  if (end > atMs) return { isOpen: true, until: new Date(end).toISOString() };
  const next = spans.find(({ from, until }) => from > atMs && until > from);
  return { isOpen: false, until: next === undefined ? null : new Date(next.from).toISOString() };
}

interface Span {
  from: number;
  until: number;
}

/** The spans of a window from yesterday on: the first that ends after `now`, and those that may continue it. */
function spansOf({ days, from, until, zone }: Window, now: Temporal.Instant): Span[] {
  if (from === until) return [];
  const spans: Span[] = [];
  const today = now.toZonedDateTimeISO(zone).toPlainDate();
  for (let offset = -1; offset <= daysAhead && spans.length < 3; offset += 1) {
    const day = today.add({ days: offset });
    const name = weekdays[day.dayOfWeek - 1];
    if (name === undefined || !days.includes(name)) continue;
    const lastDay = until > from ? day : day.add({ days: 1 });
    const span = { from: toMs(day, from, { zone, of: 'earlier' }), until: toMs(lastDay, until, { zone, of: 'later' }) };
    if (span.until > span.from && span.until > now.epochMilliseconds) spans.push(span);
  }
  return spans;
}

/** The moment of a local time. In a gap `compatible` would shift a beginning and an end apart: both get the gap's end. */
function toMs(day: Temporal.PlainDate, time: string, { zone, of }: { zone: string; of: 'earlier' | 'later' }): number {
  const local = day.toPlainDateTime(Temporal.PlainTime.from(time));
  const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = local.toZonedDateTime(zone, { disambiguation: 'later' });
  if (earlier.toPlainDateTime().equals(local)) return (of === 'earlier' ? earlier : later).epochMilliseconds;
  // The local time does not exist: the change of the offset lies between both.
  const gapEnd = earlier.getTimeZoneTransition('next');
  return (gapEnd ?? later).epochMilliseconds;
}

/** The moment of a local date, or date and time, such as `2026-12-24 18:00`: ISO 8601. Throws AppError `invalid`. */
export function momentOf(local: string, zone: string, of: 'earlier' | 'later'): string {
  requireZone(zone);
  const [day = '', time = '00:00'] = local.split(' ');
  try {
    const moment = new Date(toMs(Temporal.PlainDate.from(day), time, { zone, of })).toISOString();
    // Times are compared as texts: one beyond the year 9999 would come before all others.
    if (/^\d/.test(moment)) return moment;
    throw new RangeError(`${moment} has no year of four digits`);
  } catch (error) {
    throw new AppError('invalid', `${local} is no date and time`, { cause: error, hint: 'Such as 2026-12-24 18:00.' });
  }
}
