// The name of a time zone that a person typed.
import { zoneName } from '../../../shared/model/rollout.js';

/** True for a zone that this machine knows. The controller has the last word. */
export function isZone(zone: string): boolean {
  if (!zoneName.safeParse(zone).success) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
