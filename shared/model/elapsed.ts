// The time between two events of a host.

/** Milliseconds from one time to a later one, both ISO 8601; 0 where one is unknown, or the clock was set back. */
export function elapsedMs(from: string, to: string): number {
  const ms = Date.parse(to) - Date.parse(from);
  return ms > 0 ? ms : 0;
}
