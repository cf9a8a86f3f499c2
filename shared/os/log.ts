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

export interface ProcessLog extends Log {
  setLevel(level: LogLevel): void;
}

/** A log named after its program, with ISO 8601 times and named levels. Errors belong under the key `err`. */
export function createLog(name: string, level: LogLevel): ProcessLog {
  const destination = pino.destination({ dest: 2, sync: true });
  const log = pino(
    {
      level,
      base: { program: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => destination.write(escapeJson(line)) },
  );
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    setLevel(next) {
      log.level = next;
    },
  };
}
