// Names of files are bytes, mostly of UTF-8. As text, a byte that is not stands as a lone surrogate, U+DC80 to U+DCFF, so
// that the very bytes come back; JSON carries it, and `cleanText` shows it as `\xE9`.
import { isUtf8 } from 'node:buffer';

const chunkBytes = 64 * 1024;
/** Of a text with more such bytes the rest reads as UTF-8: a hostile one must not take the thread's time. */
const maxOddBytes = 10_000;
const lone = /[\udc80-\udcff]/u;

/** The text of these bytes. */
export function decodeBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = findChunkEnd(bytes, at);
    const chunk = bytes.subarray(at, end);
    if (isUtf8(chunk) || parts.length > maxOddBytes) parts.push(chunk.toString('utf8'));
    else escapeOdd(chunk, parts);
    at = end;
  }
  return parts.join('');
}

/** Behind an ASCII character, if there is one: so no character is cut in two. */
function findChunkEnd(bytes: Buffer, start: number): number {
  const end = start + chunkBytes;
  if (end >= bytes.length) return bytes.length;
  for (let at = end; at > start; at -= 1) if ((bytes[at - 1] ?? 0) < 0x80) return at;
  return end;
}

function escapeOdd(chunk: Buffer, parts: string[]): void {
  let plainFrom = 0;
  for (let at = 0; at < chunk.length; ) {
    const lead = chunk[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0x80 || isUtf8(chunk.subarray(at, at + length))) {
      at += length;
      continue;
    }
    parts.push(chunk.toString('utf8', plainFrom, at), String.fromCharCode(0xdc00 + lead));
    at += 1;
    plainFrom = at;
  }
  parts.push(chunk.toString('utf8', plainFrom));
}

/** True for a text with a byte that is no UTF-8. */
export function hasOddBytes(text: string): boolean {
  return lone.test(text);
}

/** The bytes of a text that `decodeBytes` gave. */
export function encodeBytes(text: string): Buffer {
  if (!hasOddBytes(text)) return Buffer.from(text);
  const parts = text.match(/[\udc80-\udcff]|[^\udc80-\udcff]+/gu) ?? [];
  return Buffer.concat(
    parts.map((part) => (lone.test(part) ? Buffer.from([part.charCodeAt(0) - 0xdc00]) : Buffer.from(part))),
  );
}
