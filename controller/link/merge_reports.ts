// Joins two reports of one agent that are stored together.
import type { Report } from '../../shared/model/report/report.js';
import { applyChanges, mergeChanges, type ReportChanges } from '../../shared/model/report/report_changes.js';

/** Both as one, the later one second: a whole report replaces what came before. Throws AppError `protocol`. Pure. */
export function mergeReports(first: Report | ReportChanges, second: Report | ReportChanges): Report | ReportChanges {
  if (second.type === 'report') return second;
  return first.type === 'report' ? applyChanges(first, second) : mergeChanges(first, second);
}
