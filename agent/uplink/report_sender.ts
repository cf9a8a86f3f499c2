// Sends the reports of one connection: the first one whole, then only what has changed.
import { diffReports, type ReportChanges } from '../../shared/model/report/report_changes.js';
import type { Report } from '../../shared/model/report/report.js';

export interface ReportSender {
  /** Sends what has changed since the last one, if anything has. Each is made once the one before has been sent. */
  send(): Promise<void>;
}

export interface ReportSenderOptions {
  report: () => Promise<Report>;
  send: (frame: Report | ReportChanges) => Promise<void>;
}

/** Nothing is sent before the first `send`. */
export function createReportSender({ report, send }: ReportSenderOptions): ReportSender {
  let sent: Report | null = null;
  let last: Promise<unknown> = Promise.resolve();
  /** One that has not begun; it will tell what is asked for now. */
  let waiting: Promise<void> | null = null;

  async function sendNext(): Promise<void> {
    waiting = null;
    const now = await report();
    const frame = sent === null ? now : choose(sent, now);
    if (frame === null) return;
    await send(frame);
    sent = now;
  }

  return {
    send() {
      if (waiting !== null) return waiting;
      waiting = last.then(sendNext);
      last = waiting.catch(() => undefined);
      return waiting;
    },
  };
}

/** Where most has changed the whole is shorter. A whole report fits into a frame; so do changes of half of it. */
function choose(before: Report, now: Report): Report | ReportChanges | null {
  const changes = diffReports(before, now);
  if (changes === null) return null;
  const count = changes.tenants.length + changes.gone.length;
  return count > 1 && count > now.tenants.length / 2 ? now : changes;
}
