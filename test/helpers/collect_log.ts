// A log whose lines a test can read and wait for.
import { EventEmitter, once } from 'node:events';
import type { Log } from '../../shared/os/log.js';

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  fields: object;
  message: string;
}

export interface CollectedLog extends Log {
  lines: LogLine[];
  /** The first line with this in its message, once there is one. */
  waitFor(part: string): Promise<LogLine>;
}

export function collectLog(): CollectedLog {
  const lines: LogLine[] = [];
  const changes = new EventEmitter();
  changes.setMaxListeners(0);
  const at = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
    changes.emit('line');
  };
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    async waitFor(part) {
      for (;;) {
        const found = lines.find(({ message }) => message.includes(part));
        if (found !== undefined) return found;
        await once(changes, 'line');
      }
    },
  };
}
