// Reports are stored at their rate; of those that come sooner, the latest.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { controllerLimits } from '../../../../controller/limits.js';
import { createReportIntake } from '../../../../controller/link/report_intake.js';
import { systemClock } from '../../../../shared/os/clock.js';

const perMinute = controllerLimits.reports.max;
const gapMs = 60_000 / perMinute;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function openIntake(store: (report: number) => Promise<void> = async () => {}) {
  const [stored, failed]: [number[], unknown[]] = [[], []];
  const intake = createReportIntake<number>({
    clock: { ...systemClock, monotonicMs: () => Date.now() },
    store(report) {
      stored.push(report);
      return store(report);
    },
    merge: (_first, second) => second,
    fail: (error) => failed.push(error),
  });
  return { intake, stored, failed };
}

const count = (from: number, length: number) => Array.from({ length }, (_, at) => from + at);

it('stores a minute’s reports at once, and of a flood only the latest, later', () => {
  const { intake, stored } = openIntake();
  for (const report of count(1, perMinute + 500)) intake.take(report);
  expect(stored).toEqual(count(1, perMinute));
  vi.advanceTimersByTime(gapMs);
  expect(stored).toEqual([...count(1, perMinute), perMinute + 500]);
  vi.advanceTimersByTime(600_000);
  expect(stored).toHaveLength(perMinute + 1);
  for (const report of count(1000, 500)) intake.take(report);
  expect(stored.slice(perMinute + 1)).toEqual(count(1000, perMinute));
});

it('stores nothing once it has ended', () => {
  const { intake, stored } = openIntake();
  for (const report of count(1, perMinute + 1)) intake.take(report);
  intake.end();
  intake.end();
  vi.advanceTimersByTime(600_000);
  expect(stored).toHaveLength(perMinute);
});

it('tells of a report that cannot be stored, and takes the next', async () => {
  const { intake, stored, failed } = openIntake(async (report) => {
    if (report === 1) throw new Error('the disk is full');
  });
  intake.take(1);
  intake.take(2);
  await vi.advanceTimersByTimeAsync(0);
  expect(failed).toEqual([new Error('the disk is full')]);
  expect(stored).toEqual([1, 2]);
});
