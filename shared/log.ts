// The process log: JSON lines on standard error, so that standard output stays the program's own.
import { pino } from 'pino';

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** A log named after its program. Errors belong under the key `err`. */
export function createLog(name: string, level: (typeof logLevels)[number]): Log {
  return pino({ level, base: { program: name } }, pino.destination({ dest: 2, sync: true }));
}
