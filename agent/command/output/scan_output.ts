// Scans output once, so that any part of it can be cleaned as a part of the whole: it knows the bytes of each character.
import { escapeSequences, findSecrets, mask, returns, showControls, type Stretch } from '../../../shared/clean_text.js';

export interface ScannedOutput {
  /** 1 for each position in the bytes that is inside of a character, an escape sequence, a line end or a secret. */
  inside: Uint8Array;
  /** The clean text of these bytes; a secret that lies only partly in them is masked whole. */
  cleanPart: (start: number, end: number) => string;
}

/** The secrets are as for `cleanText`. Takes linear time. */
export function scanOutput(bytes: Buffer, secrets: readonly string[]): ScannedOutput {
  const { text, places, escapes } = readCharacters(bytes);
  const masked = findSecrets(text, secrets);
  const placeOf = ({ start, end }: Stretch): Stretch => ({
    start: places[start]?.start ?? bytes.length,
    end: places[end - 1]?.end ?? bytes.length,
  });
  const inside = new Uint8Array(bytes.length + 1);
  for (const { start, end } of [...escapes, ...places, ...masked.map(placeOf)]) {
    if (end - start > 1) inside.fill(1, start + 1, end);
  }
  /** The first character that begins at or after this byte. */
  const findCharacter = (at: number) => {
    let [low, high] = [0, places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[middle]?.start ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    inside,
    cleanPart(start, end) {
      const parts: string[] = [];
      let at = findCharacter(start);
      const last = findCharacter(end);
      for (const secret of masked) {
        const { start: from, end: to } = placeOf(secret);
        if (to <= start || from >= end) continue;
        parts.push(text.slice(at, Math.max(at, secret.start)), mask);
        at = secret.end;
      }
      return [...parts, text.slice(at, Math.max(at, last))].join('');
    },
  };
}

/** The clean characters with the bytes that each stands for, and the bytes of the escape sequences between them. */
function readCharacters(bytes: Buffer) {
  const decoded = bytes.toString('utf8');
  const offsets = findOffsets(bytes, decoded);
  const offsetOf = (index: number) => offsets[index] ?? bytes.length;
  const escapes = [...decoded.matchAll(escapeSequences)].map(({ 0: { length }, index }) => ({
    start: index,
    end: index + length,
  }));
  const kept = invert(escapes, decoded.length);
  const indexes = kept.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index));
  const plain = kept.map(({ start, end }) => decoded.slice(start, end)).join('');
  const lineEnds = [...plain.matchAll(returns)].map(({ 0: { length }, index }) => ({
    start: index,
    end: index + length,
  }));

  const characters: string[] = [];
  const places: Stretch[] = [];
  const placeOf = (from: number, to: number): Stretch => {
    const end = (indexes[to - 1] ?? 0) + 1;
    return { start: offsetOf(indexes[from] ?? 0), end: offsetOf(end) };
  };
  let at = 0;
  const addUpTo = (end: number) => {
    for (; at < end; at += 1) {
      characters.push(plain[at] ?? '');
      places.push(placeOf(at, at + 1));
    }
  };
  for (const { start, end } of lineEnds) {
    addUpTo(start);
    characters.push('\n');
    places.push(placeOf(start, end));
    at = end;
  }
  addUpTo(plain.length);
  const escapePlaces = escapes.map(({ start, end }) => ({ start: offsetOf(start), end: offsetOf(end) }));
  return { text: showControls(characters.join('')), places, escapes: escapePlaces };
}

/** What lies between these stretches. */
function invert(stretches: readonly Stretch[], length: number): Stretch[] {
  let at = 0;
  const between = stretches.map(({ start, end }) => {
    const gap = { start: at, end: start };
    at = end;
    return gap;
  });
  return [...between, { start: at, end: length }];
}

/** The byte at which each UTF-16 unit begins; those of a pair begin at the same one. */
function findOffsets(bytes: Buffer, decoded: string): Uint32Array {
  const offsets = new Uint32Array(decoded.length + 1);
  let offset = 0;
  for (let index = 0; index < decoded.length; index += 1) {
    offsets[index] = offset;
    const code = decoded.codePointAt(index) ?? 0;
    if (code > 0xffff) {
      index += 1;
      offsets[index] = offset;
    }
    offset += code === 0xfffd ? lengthOfReplaced(bytes, offset) : lengthOf(code);
  }
  offsets[decoded.length] = bytes.length;
  return offsets;
}

function lengthOf(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/** How many bytes one U+FFFD stands for: itself, or as much of a character as is there (Unicode 15, table 3-7). */
function lengthOfReplaced(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  const isIn = (offset: number, low: number, high: number) => {
    const byte = bytes[at + offset] ?? 0;
    return byte >= low && byte <= high;
  };
  const continues = (offset: number) => isIn(offset, 0x80, 0xbf);
  if (lead >= 0xe0 && lead <= 0xef) {
    const begins = isIn(1, lead === 0xe0 ? 0xa0 : 0x80, lead === 0xed ? 0x9f : 0xbf);
    if (!begins) return 1;
    return continues(2) ? 3 : 2;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const begins = isIn(1, lead === 0xf0 ? 0x90 : 0x80, lead === 0xf4 ? 0x8f : 0xbf);
    if (!begins) return 1;
    return continues(2) ? 3 : 2;
  }
  return 1;
}
