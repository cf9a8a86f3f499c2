// The demo claims nothing that it has not looked at: a claim that does not hold ends it.
import { isDeepStrictEqual } from 'node:util';
import { printSeen } from './narrate.js';

/** Says that `claim` holds; throws when what was found is not what was expected. */
export function verify<T>(claim: string, found: T, expected: T): void {
  if (!isDeepStrictEqual(found, expected)) {
    throw new Error(`not true: ${claim}\n  expected ${JSON.stringify(expected)}\n  found    ${JSON.stringify(found)}`);
  }
  printSeen(claim);
}
