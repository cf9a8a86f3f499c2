// Where output may be cut in two without harm: no line, character, escape sequence or secret lies across the cut.
import { cleanText } from '../../../shared/clean_text.js';

/** So much of the output about a cut is looked at; only a longer escape sequence could be cut in two. */
const marginBytes = 512;

/** How many bytes beyond a cut must be there before one can be chosen within a line. */
export function lookaheadBytes(secrets: readonly string[]): number {
  return marginBytes + Math.max(0, ...secrets.map((secret) => Buffer.byteLength(secret)));
}

/** The end of the last line that ends at or before `limit`; 0 when none does. */
export function findLineEnd(bytes: Buffer, limit: number): number {
  return bytes.subarray(0, limit).lastIndexOf('\n') + 1;
}

/**
 * The last place at or before `limit` where the two parts, cleaned, are what the whole is, cleaned. `bytes` should go
 * on for `lookaheadBytes`, or be all that there is. Without such a place (a secret that overlaps itself, over and over)
 * it is `limit`.
 */
export function findCut(bytes: Buffer, limit: number, secrets: readonly string[]): number {
  const margin = lookaheadBytes(secrets);
  const from = Math.max(0, limit - 2 * margin);
  const about = bytes.subarray(from, limit + margin);
  const whole = cleanText(about, secrets);
  for (let cut = limit - from; cut > 0; cut -= 1) {
    const parts = [about.subarray(0, cut), about.subarray(cut)].map((part) => cleanText(part, secrets));
    if (parts.join('') === whole) return from + cut;
  }
  return limit;
}
