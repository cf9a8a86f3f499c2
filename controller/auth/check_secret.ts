// Compares a text with a secret in constant time.
import { createHash, timingSafeEqual } from 'node:crypto';

/** A check for this secret. Hashes have one length, so the comparison takes the same time for every text. */
export function createSecretCheck(secret: string): (text: string) => boolean {
  const expected = digest(secret);
  return (text) => timingSafeEqual(digest(text), expected);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
