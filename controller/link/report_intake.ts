// Takes one agent's reports into the store: so many a minute. Those that come sooner are stored later, as one.
import type { Clock } from '../../shared/os/clock.js';
import { controllerLimits } from '../limits.js';

const minuteMs = 60_000;
const perMinute = controllerLimits.reports.max;

export interface ReportIntake<Report> {
  /** Stores the report at once, or once the rate allows it, with those that come until then. Throws what `merge` throws. */
  take(report: Report): void;
  /** Stores no more. May be called again. */
  end(): void;
}

export interface ReportIntakeOptions<Report> {
  clock: Clock;
  store: (report: Report) => Promise<void>;
  /** Two reports as one, the later one second. */
  merge: (first: Report, second: Report) => Report;
  /** Called with the error of a report that cannot be stored. */
  fail: (error: unknown) => void;
}

/** Nothing waits at first. */
export function createReportIntake<Report>({
  clock,
  store,
  merge,
  fail,
}: ReportIntakeOptions<Report>): ReportIntake<Report> {
  let waiting: Report | null = null;
  let timer: NodeJS.Timeout | null = null;
  let tokens: number = perMinute;
  let filledMs = clock.monotonicMs();

  /** How long until the next report may be stored. */
  function findDelayMs(): number {
    const nowMs = clock.monotonicMs();
    tokens = Math.min(perMinute, tokens + ((nowMs - filledMs) * perMinute) / minuteMs);
    filledMs = nowMs;
    return Math.max(0, ((1 - tokens) * minuteMs) / perMinute);
  }

  function storeWaiting(): void {
    timer = null;
    if (waiting === null) return;
    const report = waiting;
    waiting = null;
    tokens -= 1;
    store(report).catch(fail);
  }

  return {
    take(report) {
      waiting = waiting === null ? report : merge(waiting, report);
      const delayMs = findDelayMs();
      if (delayMs === 0) storeWaiting();
      else timer ??= setTimeout(storeWaiting, Math.ceil(delayMs)).unref();
    },
    end() {
      waiting = null;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
