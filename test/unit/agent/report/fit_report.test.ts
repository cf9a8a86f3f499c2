import { describe, expect, it, test } from 'vitest';
import { fitReport } from '../../../../agent/report/fit_report.js';
import { sharedLimits } from '../../../../shared/limits.js';
import { reportSchema, type Report, type ReportedTenant } from '../../../../shared/model/report/report.js';
import { encodeFrame } from '../../../../shared/wire/protocol.js';

const facts = {
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0',
  arch: 'x64',
  cpus: 2,
  memory_bytes: 1,
  node: 'v20.19.0',
};
const figures = {
  load_1m: 0,
  load_5m: 0,
  load_15m: 0,
  memory_available_bytes: 1,
  state_disk: { total_bytes: 2, free_bytes: 1 },
  disks: [],
};
const usual = (at: number): ReportedTenant => ({
  slug: `tenant-${at}`,
  version: 'v1.0.0',
  commit: 'a'.repeat(40),
  detected: false,
  head: 'a'.repeat(40),
  drift: null,
  state: 'idle',
  hold: null,
  labels: { ring: 'canary', region: 'eu' },
  problems: [],
});
const report = (count: number, more: Partial<ReportedTenant> = {}): Report => ({
  type: 'report',
  facts,
  figures,
  tenants: Array.from({ length: count }, (_, at) => ({ ...usual(at), ...more })),
  problems: [],
});
const long = { message: 'm'.repeat(4000), hint: 'h'.repeat(4000) };

describe('a report', () => {
  it('of 2,000 tenants is sent as it is', () => {
    expect(fitReport(report(2000))).toEqual(report(2000));
  });

  test.each([
    ['problems', 2000, { problems: [long, long] }, 'shortened'],
    ['holds', 2000, { hold: { reason: 'undo-failed', ...long } }, 'shortened'],
    [
      'labels',
      2000,
      { labels: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`l${at}`, 'x'.repeat(200)])) },
      'shortened',
    ],
    ['long versions', 2000, { version: 'v'.repeat(200), labels: { a: 'é'.repeat(200) } }, 'shortened'],
    ['too many tenants', 3000, {}, '1000 tenants are left out'],
  ])('of too much fits into a frame and says so: %s', (...[, count, more, says]) => {
    const told = fitReport(report(count, more));
    expect(reportSchema.safeParse(told).success).toBe(true);
    expect(Buffer.byteLength(encodeFrame(told))).toBeLessThan(sharedLimits.frame.max);
    expect(told.problems[0]?.message).toContain(says);
    expect(told.tenants.length).toBe(2000);
  });

  it('leaves out what no controller would accept, and keeps the tenant', () => {
    const told = fitReport(report(2, { version: 'a version\0' }));
    expect(told.tenants).toMatchObject([{ slug: 'tenant-0', version: null }, { slug: 'tenant-1' }]);
    expect(told.tenants[0]?.problems[0]?.message).toContain('version');
  });
});
