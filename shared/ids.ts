// Ids that sort by the time they were made.
import { uuidv7 } from 'uuidv7';

/** A new UUIDv7, as upgrades are named; never the same twice. */
export function makeId(): string {
  return uuidv7();
}
