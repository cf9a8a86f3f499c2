// Says what went wrong: on standard error for a person, on standard output under --json. No stack unless it is asked for.
import { AppError, toAppError } from '../../shared/errors.js';
import type { Screen } from './screen.js';

/** Prints the error; the exit code that goes with it. */
export function reportError(thrown: unknown, options: { screen: Screen; json: boolean; debug: boolean }): number {
  const { screen, json, debug } = options;
  const error = explain(toAppError(thrown));
  screen.showPending(null);
  if (json) {
    screen.printJson({ error: { code: error.code, message: error.message, hint: error.hint ?? null } });
  } else {
    screen.note(`drover-agent: ${error.message}`);
    if (error.hint !== undefined) screen.note(`  ${error.hint.replaceAll('\n', '\n  ')}`);
  }
  if (debug) screen.note(stackOf(thrown));
  return error.exitCode;
}

/** Errors that nobody raised on purpose have no hint of their own. */
function explain(error: AppError): AppError {
  if (error.hint !== undefined) return error;
  if (isForbidden(error.cause)) {
    return new AppError(error.code, error.message, {
      hint: 'The commands of `drover-agent` need the rights of the agent: run them as root.',
    });
  }
  if (error.code !== 'internal') return error;
  return new AppError(error.code, `something went wrong inside of drover-agent: ${error.message}`, {
    hint: 'Set DROVER_DEBUG=1 to see where; please report it with what that shows.',
  });
}

function isForbidden(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'EACCES' || cause.code === 'EPERM');
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown.stack ?? thrown.message;
  return thrown.cause === undefined ? own : `${own}\ncaused by: ${stackOf(thrown.cause)}`;
}
