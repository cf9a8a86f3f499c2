// Exit statuses in words.
import { constants } from 'node:os';

/** A shell reports 128 + n for a command that signal n ended. */
export function describeStatus(status: number): { code: number | null; signal: string | null } {
  const name = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
  return name === undefined ? { code: status, signal: null } : { code: null, signal: name };
}

/** `exit 3`, `exit 127: command not found`, `ended by SIGKILL`. */
export function explainExit({ code, signal }: { code: number | null; signal: string | null }): string {
  if (signal !== null) return `ended by ${signal}`;
  if (code === 126) return 'exit 126: found, but it could not be executed';
  if (code === 127) return 'exit 127: a command was not found';
  return `exit ${code ?? 'unknown'}`;
}
