// Ids that sort by the time they were made.
import { Buffer } from 'node:buffer';
import { uuidv7 } from 'uuidv7';

/** A new UUIDv7, as upgrades are named; never the same twice. */
export function makeId(): string {
  // The library builds it digit by digit, and every step would stay in memory with it: 800 bytes an id.
  return Buffer.from(uuidv7(), 'latin1').toString('latin1');
}
