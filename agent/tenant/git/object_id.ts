// Object ids for git's command line: only full ids are allowed, nothing that git would interpret.
import { AppError } from '../../../shared/errors.js';

/** True for a full SHA-1 or SHA-256 object id. */
export function isObjectId(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** The id itself. Throws AppError `internal` for anything else. */
export function requireObjectId(text: string): string {
  if (isObjectId(text)) return text;
  throw new AppError('internal', `not a git object id: ${JSON.stringify(text)}`);
}

/** The entries of git's `-z` output. */
export function splitZero(output: string): string[] {
  return output.split('\0').filter((entry) => entry !== '');
}
