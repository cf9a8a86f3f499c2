// The beginning of a text that a tenant printed or answered, short and harmless enough for an error message.
import { cleanText } from '../../../shared/clean_text.js';

export const excerptLength = 300;

/** The first 300 characters, without control characters. */
export function excerpt(bytes: Buffer): string {
  return cleanText(bytes, []).trim().slice(0, excerptLength);
}
