// Makes a command's output fit to show and store: valid UTF-8, control bytes harmless, secrets masked.

const mask = '[masked]';

// ECMA-48: a control sequence (CSI … final byte), an operating system command (OSC … BEL or ST), or another escape. None
// reaches beyond its line, so that what is cut at line ends reads the same.
const escapeSequences =
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0000-\u001f\u007f]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/g;
// oxlint-disable-next-line no-control-regex -- see above
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A visible stand-in: Unicode's control pictures for C0, the replacement character for the rest. */
function showControl(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '\uFFFD';
}

/**
 * Lines end with `\n`, a lone carriage return (a progress bar) ends one too; colours and cursor moves are left out.
 * Each secret is a string within one line.
 */
export function cleanText(bytes: Buffer, secrets: readonly string[]): string {
  const text = bytes
    .toString('utf8')
    .replaceAll(escapeSequences, '')
    .replaceAll(/\r+\n?/g, '\n')
    .replaceAll(controlCharacters, showControl);
  return maskSecrets(text, secrets);
}

/** Where secrets overlap, all of their characters go behind one mask: no half of one is left over. */
function maskSecrets(text: string, secrets: readonly string[]): string {
  const found = secrets
    .flatMap((secret) => findAll(text, secret).map((start) => ({ start, end: start + secret.length })))
    .toSorted((left, right) => left.start - right.start);
  const parts: string[] = [];
  let shownTo = 0;
  for (const { start, end } of found) {
    if (start >= shownTo) parts.push(text.slice(shownTo, start), mask);
    shownTo = Math.max(shownTo, end);
  }
  return found.length === 0 ? text : [...parts, text.slice(shownTo)].join('');
}

function findAll(text: string, secret: string): number[] {
  const starts: number[] = [];
  if (secret === '') return starts;
  for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) starts.push(at);
  return starts;
}
