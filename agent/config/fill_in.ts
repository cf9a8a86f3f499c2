// Fills `{slug}`, `{host}` and the tenant's `vars` into the texts of its file and of the defaults.
import { z } from 'zod';
import { closestWord } from '../../shared/config/closest_word.js';
import type { ConfigProblem, KeyPath } from '../../shared/config/config_source.js';

type Mapping = Readonly<Record<string, unknown>>;
type Words = ReadonlyMap<string, string>;

/** Names that mean something already. */
const taken = ['slug', 'host', 'file'];

export const varsSchema = z.record(
  z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, 'must be a name of lower-case letters, digits and _, a letter first')
    .refine((name) => !taken.includes(name), 'is taken: {slug}, {host} and {file} have a meaning of their own'),
  z.union([z.string(), z.number(), z.boolean()]).describe('text, a number, or true or false'),
);

/** `{{name}}`, which stands for the text `{name}`; or `{name}`. Other braces are not looked at. */
const named = /\{\{([a-z][a-z0-9_]*)\}\}|\{([a-z][a-z0-9_]*)\}/g;

/**
 * The values with all texts filled in, but for `slug` itself. The values of `vars` may hold `{slug}` and `{host}`.
 * `{file}` stays in the keys whose commands get a file. A text with an unknown name is a problem, and stays as it is.
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
  const filled = fillValue(vars, ['vars'], { words: own, problems });
  const words = new Map([...own, ...wordsOf(filled)]);
  const others = Object.entries(rest).map(([key, inner]) => [key, fillValue(inner, [key], { words, problems })]);
  const first = [
    ...(slugKey === undefined ? [] : [['slug', slugKey]]),
    ...(vars === undefined ? [] : [['vars', filled]]),
  ];
  return { value: Object.fromEntries([...first, ...others]), problems };
}

/** Whether a text has a name to fill in. */
export function hasName(text: string): boolean {
  return new RegExp(named).test(text);
}

function wordsOf(vars: unknown): [string, string][] {
  const parsed = varsSchema.safeParse(vars);
  return parsed.success ? Object.entries(parsed.data).map(([name, word]) => [name, String(word)]) : [];
}

function fillValue(value: unknown, path: KeyPath, known: { words: Words; problems: ConfigProblem[] }): unknown {
  if (typeof value === 'string') return fillText(value, path, known);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((inner, index) => fillValue(inner, [...path, index], known));
  const filled = Object.entries(value).map(([key, inner]) => [key, fillValue(inner, [...path, key], known)]);
  return Object.fromEntries(filled);
}

function fillText(text: string, path: KeyPath, { words, problems }: { words: Words; problems: ConfigProblem[] }) {
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
