// Turns zod's issues into sentences that name the key, the value and what is allowed.
import type { z } from 'zod';
import { cleanText } from '../clean_text.js';
import { sharedLimits } from '../limits.js';
import { closestWord } from './closest_word.js';
import type { KeyPath, ConfigProblem } from './config_source.js';
import { describeSchema, type SchemaWords } from './describe_schema.js';

type Issue = z.core.$ZodIssue;

/**
 * One problem for each issue, in zod's order; alternatives are reduced to the one that was meant. Of many issues the
 * first ones, and of a long value its beginning: whoever sent the value also gets the answer.
 */
export function explainIssues(schema: z.ZodType, value: unknown, issues: readonly Issue[]): ConfigProblem[] {
  const words = describeSchema(schema);
  const { max } = sharedLimits.problems;
  const problems = issues.slice(0, max).flatMap((issue) => explainIssue(issue, { words, root: value, base: [] }));
  const left = Math.max(problems.length, issues.length) - max;
  return left > 0 ? [...problems.slice(0, max), { path: [], what: `${left} more problems` }] : problems;
}

interface Place {
  words: SchemaWords;
  root: unknown;
  /** What the paths of the issues are relative to. */
  base: KeyPath;
}

function explainIssue(issue: Issue, place: Place): ConfigProblem[] {
  const path = [...place.base, ...issue.path];
  const value = valueAt(place.root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => explainUnknownKey([...path, key], key, place.words));
    case 'invalid_union': {
      const meant = findMeantBranch(issue.errors, value);
      if (meant === null) return [{ path, what: explainWrongShape(path, value, place.words) }];
      return meant.flatMap((inner) => explainIssue(inner, { ...place, base: path }));
    }
    case 'invalid_type':
    case 'invalid_value':
      return [{ path, what: explainWrongShape(path, value, place.words) }];
    case 'invalid_key':
      return [{ path, what: issue.issues.map((inner) => inner.message).join('; ') }];
    case 'too_small':
      if (issue.origin === 'array' || issue.origin === 'string') return [{ path, what: 'must not be empty' }];
      return [{ path, what: `must be at least ${issue.minimum}${butIs(path, value)}` }];
    case 'too_big':
      return [{ path, what: `must be at most ${issue.maximum}${butIs(path, value)}` }];
    default: {
      const isUrl = issue.code === 'invalid_format' && issue.format === 'url';
      const what = isUrl ? 'must be a URL such as http://127.0.0.1:8000/health' : issue.message;
      return [{ path, what: `${what}${butIs(path, value)}` }];
    }
  }
}

function explainUnknownKey(path: KeyPath, key: string, words: SchemaWords): ConfigProblem {
  const guess = closestWord(key, words.knownKeysAt(path.slice(0, -1)));
  return { path, what: guess === null ? 'unknown key' : `unknown key; did you mean ${guess}?` };
}

/**
 * The issues of the alternative that was meant: among those of the value's own kind the one that knows most of its
 * keys. Null when none stands out: the message then names all of them.
 */
function findMeantBranch(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | null {
  const sameKind = branches.filter((issues) => !issues.some(isWrongKind));
  const ranked = sameKind.toSorted((left, right) => countUnknownKeys(left) - countUnknownKeys(right));
  const [best, next] = ranked;
  if (best === undefined) return null;
  const keys = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
  const knowsNone = keys > 0 && countUnknownKeys(best) === keys;
  const isTie = next !== undefined && countUnknownKeys(next) === countUnknownKeys(best);
  return knowsNone || isTie ? null : best;
}

function isWrongKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

function countUnknownKeys(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0);
}

function explainWrongShape(path: KeyPath, value: unknown, words: SchemaWords): string {
  const allowed = words.allowedAt(path);
  if (value === undefined) return `is missing; it must be ${allowed}`;
  if (allowed === 'text' && typeof value === 'number') return 'must be text, not a number: put it in quotes';
  const braces = allowed === 'text' ? nameInBraces(value) : null;
  if (braces !== null) return `must be text: put it in quotes, "${braces}"`;
  if (allowed === 'text' && typeof value === 'boolean') return 'must be text, not true or false: put it in quotes';
  return `must be ${allowed}${butIs(path, value)}`;
}

/** Without quotes `{slug}` is a mapping of one key without a value. */
function nameInBraces(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const [[name, inner] = ['', ''], ...others] = Object.entries(value);
  return inner === null && others.length === 0 && /^[a-z][a-z0-9_]*$/.test(name) ? `{${name}}` : null;
}

/** `, not "x"`; without the values of the environment and the credentials of a URL, which may be secrets. */
function butIs(path: KeyPath, value: unknown): string {
  if (path.includes('environment') && typeof value !== 'object') return '';
  if (value === null) return ', not empty';
  if (Array.isArray(value)) return ', not a list';
  if (typeof value === 'object') {
    const keys = Object.keys(value);
    return keys.length === 0 ? ', not an empty mapping' : `, not a mapping with ${showKeys(keys)}`;
  }
  return `, not ${showValue(value)}`;
}

const maxShownKeys = 5;

function showKeys(keys: readonly string[]): string {
  const shown = keys.slice(0, maxShownKeys).map((key) => cleanText(key.slice(0, maxShown)));
  return [...shown, ...(keys.length > maxShownKeys ? [`${keys.length - maxShownKeys} more keys`] : [])].join(' and ');
}

const maxShown = sharedLimits.shownValue.max;

function showValue(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? String(value);
  const text = JSON.stringify(cleanText(value.slice(0, maxShown)));
  const safe = hideCredentials(text);
  return value.length > maxShown ? `${safe} and ${value.length - maxShown} more characters` : safe;
}

/** Without what stands before the last @ of a URL, and without its query. */
function hideCredentials(text: string): string {
  const start = text.indexOf('//');
  if (start === -1) return text;
  const [end, query] = [text.lastIndexOf('@'), text.indexOf('?')];
  const plain = query === -1 ? text : `${text.slice(0, query)}?***"`;
  return end > start ? `${text.slice(0, start)}//***${plain.slice(end)}` : plain;
}

/** What is at the path; undefined where there is nothing. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }
  return value;
}
