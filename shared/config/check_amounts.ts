// Refuses a configuration that holds more than any key could need, or what no key can hold, before a schema sees it.
import { sharedLimits } from '../limits.js';
import { configError, type ConfigProblem, type ConfigSource, type KeyPath } from './config_source.js';

const { configText, configItems, configDepth } = sharedLimits;

/** Far more than the limit of levels needs. */
const maxBrackets = 64;
const maxIndent = 256;

/**
 * The line of a text in YAML from which it is nested too deep to be parsed, or null. The parser calls itself for each
 * level, and Node ends the process where a regular expression finds no more stack.
 */
export function findTooDeepLine(text: string): number | null {
  let depth = 0;
  for (const [index, line] of text.split('\n').entries()) {
    // Of lists in lists: `- - - x`.
    const indent = /^[ \t?:-]*/.exec(line)?.[0].length ?? 0;
    for (const character of line) {
      if (character === '[' || character === '{') depth += 1;
      else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
      if (depth > maxBrackets) return index + 1;
    }
    if (indent > maxIndent) return index + 1;
  }
  return null;
}

/**
 * Throws AppError `config` that names file, line and key of each text, list or mapping that is over its limit, and of each
 * text with a zero byte.
 */
export function checkAmounts(source: ConfigSource): void {
  const problems = [...findExcess(source.value, [])];
  if (problems.length > 0) throw configError(source, problems, { hint: 'deploy/guides/operating.md lists the limits' });
}

function* findExcess(value: unknown, path: KeyPath): Iterable<ConfigProblem> {
  if (typeof value === 'string' && value.length > configText.max) {
    yield { path, what: `is a text of ${value.length} characters, and ${configText.max} is the limit` };
  }
  // No path, word of a command or variable can hold one: the system would end the text there, or refuse it.
  if (typeof value === 'string' && value.includes('\0')) yield { path, what: 'must not hold a zero byte' };
  if (typeof value !== 'object' || value === null) return;
  const keys = Object.keys(value);
  if (keys.some((key) => key.includes('\0'))) yield { path, what: 'must not hold a name with a zero byte' };
  if (keys.length > configItems.max) {
    yield { path, what: `has ${keys.length} items, and ${configItems.max} is the limit` };
  } else if (path.length >= configDepth.max) {
    yield { path: path.slice(0, 3), what: `is nested deeper than ${configDepth.max} levels` };
  } else {
    for (const [key, inner] of Object.entries(value)) {
      yield* findExcess(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    }
  }
}
