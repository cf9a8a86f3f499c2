// Finds where output may be cut in two: no line, character, escape sequence or secret may lie across the cut.
import { scanOutput } from './scan_output.js';

/** How many bytes around a cut are checked; only a longer escape sequence could be cut in two. */
const marginBytes = 512;

/** How many bytes after a cut are needed to choose one within a line. */
export function lookaheadBytes(secrets: readonly string[]): number {
  return marginBytes + Math.max(0, ...secrets.map((secret) => Buffer.byteLength(secret)));
}

/** The end of the last line that ends at or before `limit`; 0 when none does. */
export function findLineEnd(bytes: Buffer, limit: number): number {
  return bytes.subarray(0, limit).lastIndexOf('\n') + 1;
}

/**
 * The last position at or before `limit` where cleaning the two parts gives the same as cleaning the whole. `bytes`
 * must extend `lookaheadBytes` beyond it, or to the end of the output. Without such a position (a secret that overlaps
 * itself repeatedly) it is `limit`.
 */
export function findCut(bytes: Buffer, limit: number, secrets: readonly string[]): number {
  const margin = lookaheadBytes(secrets);
  const from = Math.max(0, limit - 2 * margin);
  const { inside } = scanOutput(bytes.subarray(from, limit + margin), secrets);
  for (let cut = Math.min(limit - from, inside.length - 1); cut > 0; cut -= 1) {
    if (inside[cut] === 0) return from + cut;
  }
  return limit;
}
