// Whether a text is a secret that is known here.
import { createHash, timingSafeEqual } from 'node:crypto';

/** A test for this secret. Hashes are of one length, and comparing them takes as long whatever is in them. */
export function createSecretCheck(secret: string): (text: string) => boolean {
  const expected = digest(secret);
  return (text) => timingSafeEqual(digest(text), expected);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
