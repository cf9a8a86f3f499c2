// The beginning of a text that a tenant printed or answered, short and harmless enough for an error message.
import { cleanText } from '../../../shared/clean_text.js';

export const excerptLength = 300;
/** Cleaning takes time and memory. A character has four bytes at most. */
const maxBytes = 4 * excerptLength;

/**
 * At most 300 characters, without control characters. A longer text ends with a whole word: of a secret that is cut in
 * two nobody would recognise the half.
 */
export function excerpt(bytes: Buffer): string {
  const text = cleanText(bytes.subarray(0, maxBytes)).trim();
  if (bytes.length <= maxBytes && text.length <= excerptLength) return text;
  const beginning = text.slice(0, excerptLength);
  const end = Math.max(beginning.lastIndexOf(' '), beginning.lastIndexOf('\n'), beginning.lastIndexOf('\t'));
  return `${beginning.slice(0, Math.max(0, end))} …`.trimStart();
}
