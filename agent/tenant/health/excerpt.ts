// The beginning of a text that a tenant printed or answered, short and harmless enough for an error message.
import { cleanText } from '../../../shared/clean_text.js';

export const excerptLength = 300;
/** Cleaning takes time and memory. A character has four bytes at most. */
const maxBytes = 4 * excerptLength;

/** The first 300 characters, without control characters. */
export function excerpt(bytes: Buffer): string {
  return cleanText(bytes.subarray(0, maxBytes), []).trim().slice(0, excerptLength);
}
