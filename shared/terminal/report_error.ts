// Reports an error: on standard error for a person, on standard output under --json. DROVER_DEBUG adds the stack.
import { AppError, toAppError } from '../errors.js';
import { maskError } from '../model/error_body.js';
import type { Screen } from './screen/screen.js';
import { hasErrno } from '../os/errno.js';

export interface Reporting {
  screen: Screen;
  json: boolean;
  debug: boolean;
  /** The program's name. */
  program: string;
  /** The hint of an error that is a missing permission. */
  forbiddenHint: string;
}

/** Prints the error; the exit code that goes with it. */
export function reportError(thrown: unknown, reporting: Reporting): number {
  const { screen, json, debug, program } = reporting;
  // Whatever it quotes, a person gets as much as can be read.
  const error = maskError(explain(toAppError(thrown), reporting), []);
  screen.showPending(null);
  if (json) {
    screen.printJson({ error: { code: error.code, message: error.message, hint: error.hint ?? null } });
  } else {
    screen.note(`${program}: ${error.message}`);
    if (error.hint !== undefined) screen.note(`  ${error.hint.replaceAll('\n', '\n  ')}`);
  }
  if (debug) screen.note(stackOf(thrown));
  return error.exitCode;
}

/** Errors that nobody raised on purpose have no hint of their own. */
function explain(error: AppError, { program, forbiddenHint }: Reporting): AppError {
  if (error.hint !== undefined) return error;
  if (isForbidden(error.cause)) {
    return new AppError(error.code, error.message, { hint: forbiddenHint });
  }
  if (error.code !== 'internal') return error;
  return new AppError(error.code, `something went wrong inside of ${program}: ${error.message}`, {
    hint: 'Set DROVER_DEBUG=1 to see where; please report it with what that shows.',
  });
}

function isForbidden(cause: unknown): boolean {
  return hasErrno(cause, 'EACCES', 'EPERM');
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown.stack ?? thrown.message;
  return thrown.cause === undefined ? own : `${own}\ncaused by: ${stackOf(thrown.cause)}`;
}
