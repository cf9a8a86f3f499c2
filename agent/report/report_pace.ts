// When a report is due: soon after a change, and for changes that a tenant can make at will not too often.
import type { Clock } from '../../shared/os/clock.js';
import { agentLimits } from '../limits.js';

/** Changes come in groups: git writes twice; an upgrade ends and writes its record. */
const quietMs = 200;

export interface ReportPace {
  /** Something has changed; `by` is who can make such changes. */
  note(by: 'tenant' | 'host'): void;
  close(): void;
}

/** `onDue` is called when a report is due; one report tells all that was noted before. */
export function createReportPace(clock: Pick<Clock, 'monotonicMs'>, onDue: () => void): ReportPace {
  let due: { atMs: number; timer: NodeJS.Timeout } | null = null;
  let lastMs = -Infinity;
  return {
    note(by) {
      const nowMs = clock.monotonicMs();
      const earliestMs = by === 'tenant' ? lastMs + agentLimits.headReports.max : nowMs;
      const atMs = Math.max(nowMs + quietMs, earliestMs);
      if (due !== null && due.atMs <= atMs) return;
      if (due !== null) clearTimeout(due.timer);
      const timer = setTimeout(() => {
        due = null;
        lastMs = clock.monotonicMs();
        onDue();
      }, atMs - nowMs);
      due = { atMs, timer };
    },
    close() {
      if (due !== null) clearTimeout(due.timer);
    },
  };
}
