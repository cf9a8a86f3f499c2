// Makes text from outside fit to show and store: valid UTF-8, control characters harmless, secrets masked.

/** Stands in for a secret. */
export const mask = '[masked]';

// ECMA-48: a control sequence (CSI … final byte), an operating system command (OSC … BEL or ST), or another escape. None
// reaches beyond its line, so that what is cut at line ends reads the same.
/** Finds escape sequences, which are left out. */
export const escapeSequences =
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0000-\u001f\u007f]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/g;
/** Finds the line ends of Windows and of progress bars. */
export const returns = /\r+\n?/g;
const loneSurrogates = /\p{Surrogate}/gu;
const controlCharacters =
  // oxlint-disable-next-line no-control-regex -- see above
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]/g;

/** A visible stand-in: Unicode's control pictures for C0, the replacement character for the rest. */
function showControl(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '\uFFFD';
}

/** A byte that is no UTF-8 (see `os/byte_text.ts`) as `\\xE9`. */
function showSurrogate(character: string): string {
  const byte = character.charCodeAt(0) - 0xdc00;
  return byte >= 0x80 && byte <= 0xff ? `\\x${byte.toString(16).toUpperCase()}` : '\uFFFD';
}

/** The text with visible characters for each control character but tab and line feed, and for each lone byte. */
export function showControls(text: string): string {
  return text.replaceAll(loneSurrogates, showSurrogate).replaceAll(controlCharacters, showControl);
}

/**
 * Lines end with `\n`, a lone carriage return (a progress bar) ends one too; colours and cursor moves are left out.
 * Each secret is a string within one line.
 */
export function cleanText(text: string | Buffer, secrets: readonly string[] = []): string {
  const given = typeof text === 'string' ? text : text.toString('utf8');
  return maskSecrets(showControls(given.replaceAll(escapeSequences, '').replaceAll(returns, '\n')), secrets);
}

function maskSecrets(text: string, secrets: readonly string[]): string {
  const found = findSecrets(text, secrets);
  if (found.length === 0) return text;
  let shownTo = 0;
  const parts = found.flatMap(({ start, end }) => {
    const before = text.slice(shownTo, start);
    shownTo = end;
    return [before, mask];
  });
  return [...parts, text.slice(shownTo)].join('');
}

/** A stretch of a text, from `start` up to and without `end`. */
export interface Stretch {
  start: number;
  end: number;
}

/** Where secrets stand in the text, in order. Those that overlap are one stretch: no half of one is left over. */
export function findSecrets(text: string, secrets: readonly string[]): Stretch[] {
  const found = secrets
    .flatMap((secret) => findAll(text, secret).map((start) => ({ start, end: start + secret.length })))
    .toSorted((left, right) => left.start - right.start);
  const merged: Stretch[] = [];
  for (const { start, end } of found) {
    const last = merged.at(-1);
    if (last === undefined || start >= last.end) merged.push({ start, end });
    else last.end = Math.max(last.end, end);
  }
  return merged;
}

function findAll(text: string, secret: string): number[] {
  const starts: number[] = [];
  if (secret === '') return starts;
  for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) starts.push(at);
  return starts;
}
