// Fills `{slug}`, `{host}` and the tenant's `vars` into the texts of its file and of the defaults.
import { z } from 'zod';
import { closestWord } from '../../../shared/config/closest_word.js';
import type { ConfigProblem, KeyPath } from '../../../shared/config/config_source.js';
import { sharedLimits } from '../../../shared/limits.js';

type Mapping = Readonly<Record<string, unknown>>;
type Words = ReadonlyMap<string, string>;

interface Filling {
  words: Words;
  problems: ConfigProblem[];
  /** By how many characters the texts of the file may still grow. */
  room: { left: number };
}

/** Names that mean something already. */
const taken = ['slug', 'host', 'file'];

export const varsSchema = z.record(
  z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, 'must be a name of lower-case letters, digits and _, a letter first')
    .refine((name) => !taken.includes(name), 'is taken: {slug}, {host} and {file} have a meaning of their own'),
  z.union([z.string(), z.number(), z.boolean()]).describe('text, a number, or true or false'),
);

const { max } = sharedLimits.configText;

/** `{{name}}`, which stands for the text `{name}`; or `{name}`. Other braces are not looked at. */
const named = /\{\{([a-z][a-z0-9_]*)\}\}|\{([a-z][a-z0-9_]*)\}/g;

/**
 * The values with all texts filled in, but for `slug` itself. The values of `vars` may hold `{slug}` and `{host}`.
 * `{file}` stays in the keys whose commands get a file. A text with an unknown name, or one that would become too long,
 * is a problem, and stays as it is.
 */
export function fillIn(
  value: Mapping,
  { slug, host }: { slug: string; host: string },
): { value: Mapping; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const own = new Map([
    ['slug', slug],
    ['host', host],
  ]);
  const { slug: slugKey, vars, ...rest } = value;
  const room = { left: sharedLimits.configFile.max };
  const filled = fillValue(vars, ['vars'], { words: own, problems, room });
  const words = new Map([...own, ...wordsOf(filled)]);
  const others = Object.entries(rest).map(([key, inner]) => [key, fillValue(inner, [key], { words, problems, room })]);
  const first = [
    ...(slugKey === undefined ? [] : [['slug', slugKey]]),
    ...(vars === undefined ? [] : [['vars', filled]]),
  ];
  return { value: Object.fromEntries([...first, ...others]), problems };
}

/** The text that becomes this one when it is filled in. */
export function keepBraces(text: string): string {
  return text.replace(/\{[a-z][a-z0-9_]*\}/g, '{$&}');
}

/** Whether a text has a name to fill in. */
export function hasName(text: string): boolean {
  return new RegExp(named).test(text);
}

/** Those of `vars` that are right: a mistake in one of them is told once, not wherever another one is named. */
function wordsOf(vars: unknown): [string, string][] {
  return Object.entries(Object(vars)).flatMap(([name, word]): [string, string][] =>
    varsSchema.safeParse({ [name]: word }).success ? [[name, String(word)]] : [],
  );
}

function fillValue(value: unknown, path: KeyPath, known: Filling): unknown {
  if (typeof value === 'string') return fillText(value, path, known);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((inner, index) => fillValue(inner, [...path, index], known));
  const filled = Object.entries(value).map(([key, inner]) => [key, fillValue(inner, [...path, key], known)]);
  return Object.fromEntries(filled);
}

function fillText(text: string, path: KeyPath, { words, problems, room }: Filling): string {
  const grown = lengthOf(text, words);
  if (grown > max || grown - text.length > room.left) {
    problems.push({ path, what: grown > max ? tooLong(grown) : 'makes the file too large once it is filled in' });
    return text;
  }
  room.left -= Math.max(0, grown - text.length);
  const unknown = new Set<string>();
  const filled = text.replace(named, (whole, literal?: string, name = '') => {
    if (literal !== undefined) return `{${literal}}`;
    if (name === 'file' && getsFile(path)) return whole;
    const word = words.get(name);
    if (word === undefined) unknown.add(name);
    return word ?? whole;
  });
  problems.push(...[...unknown].map((name) => ({ path, what: explain(name, path, words) })));
  return unknown.size === 0 ? filled : text;
}

/** How long the text is once it is filled in, at most. */
function lengthOf(text: string, words: Words): number {
  const found = [...text.matchAll(named)];
  return found.reduce(
    (sum, [whole, , name = '']) => sum + (words.get(name) ?? whole).length - whole.length,
    text.length,
  );
}

const tooLong = (length: number) => `is a text of ${length} characters once it is filled in, and ${max} is the limit`;

/** The keys in whose commands `{file}` stands for a backup or a migration. */
function getsFile([key]: KeyPath): boolean {
  return key === 'database' || key === 'migrations';
}

function explain(name: string, path: KeyPath, words: Words): string {
  const known = [...words.keys()].map((word) => `{${word}}`).join(', ');
  const rest = `there are ${known}; write the braces twice where they are meant`;
  // The value of a variable may be a secret.
  if (path[0] === 'environment') return `has a name in braces that is not known; ${rest}`;
  if (name === 'file') return `{file} stands for a file only in the commands of database and migrations; ${rest}`;
  const guess = closestWord(name, [...words.keys()]);
  return `{${name}} is not known${guess === null ? '' : `; did you mean {${guess}}?`}; ${rest}`;
}
