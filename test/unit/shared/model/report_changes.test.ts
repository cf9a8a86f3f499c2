// Reports by difference: what is sent adds up to the whole, however it is cut and joined.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeReports } from '../../../../controller/link/merge_reports.js';
import { sharedLimits } from '../../../../shared/limits.js';
import {
  applyChanges,
  diffReports,
  mergeChanges,
  reportChangesSchema,
  type ReportChanges,
} from '../../../../shared/model/report/report_changes.js';
import type { Report } from '../../../../shared/model/report/report.js';
import { makeReport, reportedTenant } from '../../../helpers/controller/protocol_peer.js';
import { sampleSeed } from '../../../helpers/sample_seed.js';

const problem = { message: 'a problem', hint: null };
const tenant = fc
  .record({
    slug: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    version: fc.constantFrom('v1', 'v2', null),
    drift: fc.constantFrom('moved', null),
    labels: fc.constantFrom<Record<string, string>[]>({}, { ring: 'canary' }),
    problems: fc.constantFrom<(typeof problem)[][]>([], [problem]),
  })
  .map(({ slug, ...change }) => reportedTenant(slug, change));
const report: fc.Arbitrary<Report> = fc
  .record({
    tenants: fc.uniqueArray(tenant, { selector: ({ slug }) => slug }),
    node: fc.constantFrom('v20', 'v22'),
    load: fc.constantFrom(0, 1),
    problems: fc.constantFrom<(typeof problem)[][]>([], [problem]),
  })
  .map(({ tenants, node, load, problems }) => {
    const bare = makeReport(tenants);
    const { facts, figures } = bare;
    return { ...bare, facts: { ...facts, node }, figures: { ...figures, load_1m: load }, problems };
  });

/** Tenants have no order of their own. */
const sorted = ({ tenants, ...rest }: Report) => ({
  ...rest,
  tenants: tenants.toSorted((left, right) => left.slug.localeCompare(right.slug)),
});

it('differences add up to the whole, one by one and joined', () => {
  const property = fc.property(fc.array(report, { minLength: 2, maxLength: 6 }), ([first, ...later]) => {
    if (first === undefined) return;
    let sent = first;
    let applied = first;
    let joined: ReportChanges | null = null;
    let waiting: Report | ReportChanges = first;
    for (const next of later) {
      const changes = diffReports(sent, next);
      sent = next;
      if (changes === null) continue;
      expect(reportChangesSchema.parse(JSON.parse(JSON.stringify(changes)))).toEqual(changes);
      applied = applyChanges(applied, changes);
      joined = joined === null ? changes : mergeChanges(joined, changes);
      waiting = mergeReports(waiting, changes);
      expect(sorted(applied)).toEqual(sorted(next));
    }
    expect(sorted(joined === null ? first : applyChanges(first, joined))).toEqual(sorted(sent));
    expect(waiting).toEqual(applied);
  });
  fc.assert(property, { seed: sampleSeed });
});

it('a difference holds only what is different, and there is none where nothing is', () => {
  const before = makeReport([reportedTenant('a'), reportedTenant('b'), reportedTenant('c')]);
  expect(diffReports(before, structuredClone(before))).toBeNull();
  const moved = reportedTenant('b', { drift: 'moved' });
  expect(diffReports(before, { ...before, tenants: [reportedTenant('a'), moved] })).toEqual({
    type: 'report_changes',
    tenants: [moved],
    gone: ['c'],
  });
  const figures = { ...before.figures, load_1m: 7 };
  expect(diffReports(before, { ...before, figures })).toEqual({
    type: 'report_changes',
    figures,
    tenants: [],
    gone: [],
  });
});

const of = (from: number, length: number) => Array.from({ length }, (_, at) => reportedTenant(`t${from + at}`));

it('no number of differences makes a report larger than its limits', () => {
  const changes = (from: number, length: number): ReportChanges => ({
    type: 'report_changes',
    tenants: of(from, length),
    gone: [],
  });
  const { max } = sharedLimits.tenants;
  const full = makeReport(of(0, max));
  expect(() => applyChanges(full, changes(max, 1))).toThrow('more than 2000 tenants');
  expect(() => mergeChanges(changes(0, max), changes(max, 1))).toThrow('more than 2000 tenants');
  const gone = (from: number, length: number): ReportChanges => ({
    type: 'report_changes',
    tenants: [],
    gone: of(from, length).map(({ slug }) => slug),
  });
  const most = sharedLimits.ownTenants.max;
  expect(() => mergeChanges(gone(0, most), gone(most, 1))).toThrow('more than 2000 tenants');
});
