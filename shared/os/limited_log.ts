// A log for lines that anyone can cause: so many a minute, and then only their number.
import type { Clock } from './clock.js';
import type { Log } from './log.js';

const minuteMs = 60_000;

/** Passes on at most `perMinute` lines a minute; the first line after that says how many were left out. */
export function createLimitedLog(log: Log, { clock, perMinute }: { clock: Clock; perMinute: number }): Log {
  let windowMs = Number.NEGATIVE_INFINITY;
  let written = 0;
  let leftOut = 0;

  function mayWrite(): boolean {
    const nowMs = clock.monotonicMs();
    if (nowMs - windowMs >= minuteMs) {
      if (leftOut > 0) log.warn({ lines: leftOut }, 'more lines about such peers were left out');
      windowMs = nowMs;
      written = 0;
      leftOut = 0;
    }
    if (written >= perMinute) leftOut += 1;
    else written += 1;
    return leftOut === 0;
  }

  const at = (level: keyof Log) => (fields: object, message: string) => {
    if (mayWrite()) log[level](fields, message);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
