// The tenant's own environment variables: the allowed names, and the parser of `environment_file`.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';

const form = /^[A-Za-z_][A-Za-z0-9_]*$/;
const reserved = /^(DEPLOY_.*|APP_DIR|DATA_DIR)$/;

export const environmentSchema = z.record(
  z
    .string()
    .regex(form, 'is no name of a variable: letters, digits and _ only, and no digit first')
    .refine((name) => !reserved.test(name), 'is reserved: Drover sets DEPLOY_*, APP_DIR and DATA_DIR itself'),
  z.string().refine((value) => !value.includes('\0'), 'must not hold a zero byte'),
);

/**
 * Variables from lines `NAME=value`; blank lines and those that begin with # are left out, and one pair of quotes
 * around a value is taken off. Nothing is expanded or escaped. Throws AppError `config` naming file and line, never
 * the value.
 */
export function parseEnvironmentFile(file: string, text: string): Record<string, string> {
  const problems: string[] = [];
  const seen = new Map<string, { value: string; line: number }>();
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const trimmed = content.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const parsed = parseLine(trimmed);
    const earlier = parsed.name === undefined ? undefined : seen.get(parsed.name);
    if (parsed.problem !== undefined) problems.push(`${file}:${line}: ${parsed.problem}`);
    else if (earlier !== undefined) {
      problems.push(`${file}:${line}: ${parsed.name}: is set in line ${earlier.line} too`);
    } else seen.set(parsed.name, { value: parsed.value, line });
  }
  if (problems.length > 0) {
    throw new AppError('config', problems.join('\n'), { hint: 'write one NAME=value on each line' });
  }
  return Object.fromEntries([...seen].map(([name, { value }]) => [name, value]));
}

type ParsedLine = { name: string; value: string; problem?: undefined } | { name?: undefined; problem: string };

function parseLine(line: string): ParsedLine {
  const [before = '', name] = /^([^=\s]+)\s*=/.exec(line) ?? [];
  if (name === undefined) return { problem: 'must be NAME=value' };
  const rest = line.slice(before.length).trimStart();
  const quote = /^["']/.exec(rest)?.[0];
  const isClosed = quote !== undefined && rest.length > 1 && rest.endsWith(quote);
  if (quote !== undefined && !isClosed) return { problem: `${name}: the quote is not closed` };
  const value = isClosed ? rest.slice(1, -1) : rest;
  const checked = environmentSchema.safeParse({ [name]: value });
  if (checked.success) return { name, value };
  const [issue] = checked.error.issues;
  const message = issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message;
  return { problem: `${name}: ${message ?? 'is not allowed'}` };
}
