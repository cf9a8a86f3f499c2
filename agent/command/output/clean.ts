// Makes a command's output fit to show and store: valid UTF-8, control bytes harmless, secrets masked.

const mask = '[masked]';

// ECMA-48: a control sequence (CSI … final byte), an operating system command (OSC … BEL or ST), or another escape.
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const escapeSequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
// oxlint-disable-next-line no-control-regex -- see above
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A visible stand-in: Unicode's control pictures for C0, the replacement character for the rest. */
function showControl(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '\uFFFD';
}

/** Lines end with `\n`, a lone carriage return (a progress bar) ends one too; colours and cursor moves are left out. */
export function cleanText(bytes: Buffer, secrets: readonly string[]): string {
  const text = bytes
    .toString('utf8')
    .replaceAll(escapeSequences, '')
    .replaceAll(/\r+\n?/g, '\n')
    .replaceAll(controlCharacters, showControl);
  return secrets.reduce((masked, secret) => masked.replaceAll(secret, mask), text);
}
