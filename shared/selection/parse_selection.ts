// Parses selections. From the weakest binding to the strongest: `|`, `&`, `!`, and a comparison or parentheses.
import { AppError } from '../errors.js';
import { sharedLimits as limits } from '../limits.js';
import { labelName } from '../model/names.js';
import { versionKey } from '../version_key.js';
import { fields, listTerms, operators, type Field, type Selection, type Term } from './selection.js';

const states = ['idle', 'running', 'needs_operator', 'broken', 'missing'];

/** White space, a sign, the beginning of a text in quotes, or a word: every character begins one of them. */
const tokenShape = /\s+|(!=|!~|<=|>=|[=~<>&|!()])|(")|([^\s"=~<>&|!()]+)/y;

interface Token {
  kind: 'sign' | 'word' | 'end';
  text: string;
  /** From 1. */
  column: number;
}

/**
 * Parses a selection of tenants. Throws AppError `invalid`, whose message names the column and whose `details.column`
 * is it.
 */
export function parseSelection(text: string): Selection {
  if (text.length > limits.selection.max) {
    throw new AppError(
      'invalid',
      `a selection of ${text.length} characters; at most ${limits.selection.max} are allowed`,
    );
  }
  const reader = createReader(text);
  const selection = readAny(reader, 0);
  const rest = reader.peek();
  if (rest.kind !== 'end') throw reader.fail(rest, `\`&\` or \`|\` is missing before \`${rest.text}\``);
  return selection;
}

/**
 * The same for the scope of a token, which may use slugs, hosts and labels only: what a host says of itself grants
 * nothing.
 */
export function parseScope(text: string): Selection {
  const selection = parseSelection(text);
  const foreign = listTerms(selection).find(({ field }) => field !== null && field !== 'slug' && field !== 'host');
  if (foreign === undefined) return selection;
  throw new AppError('invalid', `a scope cannot use \`${foreign.name}\`: what a host reports grants nothing`, {
    hint: 'Use `slug`, `host`, and labels that an admin has set (`drover tenants label`).',
  });
}

interface Reader {
  peek(): Token;
  next(): Token;
  fail(at: Token, what: string): AppError;
}

function createReader(text: string): Reader {
  const tokens = readTokens(text);
  const end: Token = { kind: 'end', text: '', column: text.trimEnd().length + 1 };
  let at = 0;
  const fail = ({ column }: Token, what: string) => explain(text, column, what);
  return {
    peek: () => tokens[at] ?? end,
    next() {
      const token = tokens[at] ?? end;
      at += 1;
      return token;
    },
    fail,
  };
}

function explain(text: string, column: number, what: string): AppError {
  return new AppError('invalid', `the selection ${JSON.stringify(text)} is wrong at column ${column}: ${what}`, {
    details: { column },
    hint: 'Compare slug, host, version, state, drift or a label by = != ~ !~ < <= > >=, and join with & | ! ( ), such as `ring=canary & version<v0.4.0`.',
  });
}

function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  const shape = new RegExp(tokenShape);
  for (;;) {
    const column = shape.lastIndex + 1;
    const [whole, sign, quote, word] = shape.exec(text) ?? [];
    if (whole === undefined) return tokens;
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, column });
    if (word !== undefined) tokens.push({ kind: 'word', text: word, column });
    if (quote !== undefined) {
      const end = findQuote(text, shape.lastIndex);
      if (end === null) throw explain(text, column, 'a closing `"` is missing');
      tokens.push({ kind: 'word', text: text.slice(shape.lastIndex, end).replaceAll('""', '"'), column });
      shape.lastIndex = end + 1;
    }
    if (tokens.length > limits.selectionTokens.max) {
      throw explain(text, column, `it has more than ${limits.selectionTokens.max} words and signs`);
    }
  }
}

/** The place of the quote that closes a text, from `from` on; two of them are one within it. */
function findQuote(text: string, from: number): number | null {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return null;
}

const isSign = (token: Token, text: string) => token.kind === 'sign' && token.text === text;

function readAny(reader: Reader, depth: number): Selection {
  return readJoined(reader, { sign: '|', kind: 'or', read: () => readAll(reader, depth) });
}

function readAll(reader: Reader, depth: number): Selection {
  return readJoined(reader, { sign: '&', kind: 'and', read: () => readOne(reader, depth) });
}

function readJoined(
  reader: Reader,
  { sign, kind, read }: { sign: string; kind: 'and' | 'or'; read: () => Selection },
): Selection {
  const first = read();
  const of = [first];
  while (isSign(reader.peek(), sign)) {
    reader.next();
    of.push(read());
  }
  return of.length === 1 ? first : { kind, of };
}

function readOne(reader: Reader, depth: number): Selection {
  const token = reader.next();
  if (depth > limits.selectionDepth.max) {
    throw reader.fail(token, `more than ${limits.selectionDepth.max} \`!\` and \`(\` in each other`);
  }
  if (isSign(token, '!')) return { kind: 'not', of: readOne(reader, depth + 1) };
  if (isSign(token, '(')) {
    const inner = readAny(reader, depth + 1);
    const close = reader.next();
    if (!isSign(close, ')')) throw reader.fail(close, `\`)\` is missing for the \`(\` at column ${token.column}`);
    return inner;
  }
  if (token.kind !== 'word') throw reader.fail(token, 'a comparison such as `ring=canary` is missing');
  return readTerm(reader, token);
}

function readTerm(reader: Reader, name: Token): Term {
  const sign = reader.next();
  const operator = operators.find((known) => isSign(sign, known));
  if (operator === undefined) throw reader.fail(sign, `= != ~ !~ < <= > or >= is missing after \`${name.text}\``);
  const value = reader.next();
  if (value.kind !== 'word') throw reader.fail(value, `a value is missing after \`${name.text}${operator}\``);
  const field = fields.find((known) => known === name.text) ?? null;
  const term: Term = { kind: 'term', field, name: name.text, operator, value: value.text };
  checkTerm(reader, { term, name, sign, value });
  return term;
}

function checkTerm(
  reader: Reader,
  { term, name, sign, value }: { term: Term; name: Token; sign: Token; value: Token },
): void {
  const { field, operator } = term;
  if (field === null && !labelName.safeParse(name.text).success) {
    throw reader.fail(name, `\`${name.text}\` is no field, and cannot be the name of a label`);
  }
  const isOrder = operator.startsWith('<') || operator.startsWith('>');
  if (isOrder && field !== 'version') throw reader.fail(sign, `only \`version\` can be compared by \`${operator}\``);
  if (isOrder && versionKey(value.text) === null) {
    throw reader.fail(value, `\`${value.text}\` is no version with an order`);
  }
  checkChoice(reader, { field, operator, value });
}

const choices: Partial<Record<Field, readonly string[]>> = { state: states, drift: ['yes', 'no'] };

function checkChoice(
  reader: Reader,
  { field, operator, value }: { field: Field | null; operator: string; value: Token },
): void {
  const allowed = field === null ? undefined : choices[field];
  if (allowed === undefined || operator.endsWith('~') || allowed.includes(value.text)) return;
  throw reader.fail(value, `\`${field}\` is one of ${allowed.join(', ')}, not \`${value.text}\``);
}
