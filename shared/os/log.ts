// The process log: JSON lines on standard error, so that standard output stays the program's own.
import { pino } from 'pino';
import { escapeJson } from '../json.js';
import type { LogLevel } from './log_levels.js';

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A log named after its program, with ISO 8601 times and named levels. Errors belong under the key `err`. */
export function createLog(name: string, level: LogLevel): Log {
  const destination = pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level,
      base: { program: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => destination.write(escapeJson(line)) },
  );
}
