// Reads YAML files into plain values, with the line of each key; and writes them.
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  stringify,
  visit,
  type Document,
} from 'yaml';
import { z } from 'zod';
import { AppError } from '../errors.js';
import { readTrustedFile, type FileKind } from '../os/trusted/read_file.js';
import { checkAmounts, findTooDeepLine } from './check_amounts.js';
import type { ConfigSource, KeyPath } from './config_source.js';

const mapping = z.record(z.string(), z.unknown());

/**
 * The keys of a YAML file. Throws AppError `config` naming file and line when it is missing, unreadable, empty, not
 * YAML, no mapping, over a limit, or has a key twice, or where others could change it (see `readTrustedFile`). With
 * `mayBeEmpty` an empty one has no keys.
 */
export async function readYaml(
  file: string,
  kind: FileKind = 'config',
  { mayBeEmpty = false }: { mayBeEmpty?: boolean } = {},
): Promise<ConfigSource> {
  const text = await readText(file, kind);
  const deepLine = findTooDeepLine(text);
  if (deepLine !== null) throw yamlError([`${file}:${deepLine}: is nested too deep`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  // A tag that YAML does not know would silently become text, so a warning counts as an error.
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw yamlError(explainProblems(text, problems, (at) => lines.linePos(at).line).map((line) => `${file}:${line}`));
  }
  const value = toPlainValues(file, document, lines) ?? (mayBeEmpty ? {} : null);
  if (value === null) throw yamlError([`${file}:1: the file is empty`]);
  const parsed = mapping.safeParse(value);
  if (!parsed.success) throw yamlError([`${file}:1: must be a mapping of keys to values, such as \`key: value\``]);
  const source: ConfigSource = {
    value: parsed.data,
    locate: (path) => `${file}:${lines.linePos(offsetOf(document, path)).line}`,
  };
  checkAmounts(source);
  return source;
}

const openQuote = 'a quote is not closed';
const aliasLike = 'a value that begins with `*` or `&` must be in quotes';
const noColon = 'this line is no `key: value`: a colon and a space are missing in it';

/** The library's error codes, explained to someone who looks at that line. */
const explanations: Readonly<Record<string, string>> = {
  BAD_ALIAS: aliasLike,
  BAD_DQ_ESCAPE: 'there is a `\\` in double quotes: write `\\\\`, or use single quotes',
  BAD_INDENT: 'this line is indented in another way than those before it, or a bracket before it is not closed',
  BAD_SCALAR_START: 'a value that begins with a character such as `%`, `@` or a backtick must be in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'there are two `key:` in this line: put the value in quotes',
  BLOCK_IN_FLOW:
    'there is a `key:` too many within brackets, or a comma is missing: put a value with a colon in quotes',
  DUPLICATE_KEY: 'this key is there twice',
  MISSING_CHAR: noColon,
  MULTILINE_IMPLICIT_KEY: noColon,
  MULTIPLE_DOCS: 'a second document begins here: remove the line `---`',
  TAB_AS_INDENT: 'this line is indented with a tab: use spaces',
  TAG_RESOLVE_FAILED: 'a value that begins with `!` must be in quotes',
  UNEXPECTED_TOKEN: 'there is something after the end of a value: put the whole value in quotes, or remove it',
};

interface Problem {
  pos: readonly [number, number];
  code: string;
  message: string;
}

/** `12: what is wrong`, a line for each problem; the first of several at one offset. */
function explainProblems(text: string, problems: readonly Problem[], lineOf: (offset: number) => number): string[] {
  return problems.flatMap((problem, index) => {
    const { pos, code, message } = problem;
    const [at] = pos;
    if (problems[index - 1]?.pos[0] === at) return [];
    const others = problems.slice(index + 1).filter(({ pos: [other] }) => other === at);
    const isMultiline = others.some((other) => other.code === 'MULTILINE_IMPLICIT_KEY');
    if (code === 'BLOCK_AS_IMPLICIT_KEY' && isMultiline) {
      // The value goes on in the next line that holds something, where a key was meant.
      const [gap = ''] = /\n\s*/.exec(text.slice(at)) ?? [];
      return [`${lineOf(at) + gap.split('\n').length - 1}: this line is indented too far`];
    }
    const open = /^Missing closing ["']quote$/.test(message) ? findOpenQuote(text, at) : null;
    if (open !== null) return [`${lineOf(open)}: ${openQuote}`];
    if (message.startsWith('Comments must')) return [`${lineOf(at)}: a space is missing before the #`];
    return [`${lineOf(at)}: ${explanations[code] ?? message}`];
  });
}

/** Where the quoted value begins that reaches to this offset: the last quote that begins a value. */
function findOpenQuote(text: string, end: number): number | null {
  const starts = [...text.slice(0, end).matchAll(/(?:^|[\s:,[{-])["']/g)];
  const last = starts.at(-1);
  return last === undefined ? null : last.index + last[0].length - 1;
}

async function readText(file: string, kind: FileKind): Promise<string> {
  const missingHint = `create ${file} (\`{}\` is enough), or name the right file`;
  const content = await readTrustedFile(file, kind, { missingHint });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw yamlError([`${file}:1: is not UTF-8 text`]);
  }
}

function toPlainValues(file: string, document: Document, lines: LineCounter): unknown {
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      throw yamlError([`${file}:${lines.linePos(alias.range?.[0] ?? 0).line}: ${aliasLike}`]);
    },
    Scalar(_key, scalar) {
      // A version such as 3.10 is no 3.1: what a number does not show is text.
      const { source, value } = scalar;
      if (typeof value === 'number' && source !== undefined && String(value) !== source) scalar.value = source;
    },
  });
  try {
    return document.toJS();
  } catch {
    throw yamlError([`${file}:1: holds aliases (\`*name\`) of aliases, which unfold to too much`]);
  }
}

/** The offset of the path's last key, or of its deepest key that exists. */
function offsetOf(document: Document, path: KeyPath): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined || !isNode(pair.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function yamlError(lines: string[]): AppError {
  return new AppError('config', lines.join('\n'), { hint: 'correct the file; its form is YAML 1.2' });
}

/** Plain values as YAML, for files that a program keeps itself. */
export function toYaml(value: unknown): string {
  return stringify(value);
}
