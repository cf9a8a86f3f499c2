// The demo checks everything that it claims; a claim that does not hold ends the demo.
import { isDeepStrictEqual } from 'node:util';
import { printVerified } from './narrate.js';

/** Prints `claim` when `found` equals `expected`; throws otherwise. */
export function verify<T>(claim: string, found: T, expected: T): void {
  if (!isDeepStrictEqual(found, expected)) {
    throw new Error(`not true: ${claim}\n  expected ${JSON.stringify(expected)}\n  found    ${JSON.stringify(found)}`);
  }
  printVerified(claim);
}
