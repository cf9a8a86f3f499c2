// Values that a hostile party sends where a name, a number, a list or an object is expected.

/** Nested arrays, as JSON: the parsers of JSON overflow at some depth. */
export const deepJson = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

const deep = (depth: number): unknown => JSON.parse(deepJson(depth));

/** Each with what it is. */
export const hostileTexts: readonly (readonly [string, string])[] = [
  ['an empty text', ''],
  ['a zero byte', 'testsite\0'],
  ['a line end', 'testsite\nroot'],
  ['an escape sequence', '\u001b]0;owned\u0007\u001b[2J'],
  ['a C1 control', 'test\u009b31msite'],
  ['a change of direction', 'test\u202esite'],
  ['half a surrogate pair', 'test\ud800site'],
  ['a text of 1 MB', 'x'.repeat(1_000_000)],
  ['80,000 spaces', ' '.repeat(80_000)],
  ['an option', '--upload-pack=touch /tmp/owned'],
  ['a shell’s words', '$(id);`id`'],
  ['a path upwards', '../../../etc/passwd'],
  ['an absolute path', '/etc/passwd'],
  ['a name that objects have', '__proto__'],
  ['a method that objects have', 'constructor'],
  ['SQL', "'; DROP TABLE upgrades; --"],
  ['a negative number', '-1'],
  ['a fraction', '0.5'],
  ['a number that no integer holds', '1e309'],
  ['no number', 'NaN'],
];

/** The texts, and values of other kinds. */
export const hostileValues: readonly (readonly [string, unknown])[] = [
  ...hostileTexts,
  ['null', null],
  ['a negative number', -1],
  ['a fraction', 0.5],
  ['a huge number', 1e300],
  ['true', true],
  ['an empty list', []],
  ['a list of 10,000', Array.from({ length: 10_000 }, () => 'x')],
  ['a list 1,000 deep', deep(1000)],
  ['an empty object', {}],
  ['an object of 2,000 keys', Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`key${index}`, 'x']))],
];

// oxlint-disable-next-line no-control-regex -- they are what must not be there
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** What makes a message unfit for a screen; nothing for a safe one. */
export function findUnsafeText(message: string): string[] {
  return [
    ...(controls.test(message) ? ['the message holds control characters'] : []),
    ...(message.length > 10_000 ? [`the message has ${message.length} characters`] : []),
  ];
}
