// What has changed between two reports of a host. The first report of a connection is whole, those after it are this.
import { z } from 'zod';
import { AppError } from '../../errors.js';
import { sharedLimits as limits } from '../../limits.js';
import { slug } from '../names.js';
import {
  hostFactsSchema,
  hostFiguresSchema,
  problemsSchema,
  reportedTenantSchema,
  type Report,
  type ReportedTenant,
} from './report.js';
import { wholeList } from '../text.js';

export const reportChangesSchema = z.object({
  type: z.literal('report_changes'),
  /** Each of these only where it is another one. */
  facts: hostFactsSchema.optional(),
  figures: hostFiguresSchema.optional(),
  problems: problemsSchema.optional(),
  /** Those that are new, or of which something has changed. */
  tenants: wholeList(reportedTenantSchema, limits.tenants),
  /** The slugs of those that are no longer reported. */
  gone: wholeList(slug, limits.ownTenants),
});
export type ReportChanges = z.infer<typeof reportChangesSchema>;

/** What leads from one report to another; null where nothing has changed. Pure. */
export function diffReports(before: Report, after: Report): ReportChanges | null {
  const known = new Map(before.tenants.map((tenant) => [tenant.slug, tenant]));
  const tenants = after.tenants.filter((tenant) => !isSame(known.get(tenant.slug), tenant));
  const slugs = new Set(after.tenants.map((tenant) => tenant.slug));
  const gone = [...known.keys()].filter((known) => !slugs.has(known));
  const { facts, figures, problems } = after;
  const changes: ReportChanges = {
    type: 'report_changes',
    ...(isSame(before.facts, facts) ? {} : { facts }),
    ...(isSame(before.figures, figures) ? {} : { figures }),
    ...(isSame(before.problems, problems) ? {} : { problems }),
    tenants,
    gone,
  };
  const isEmpty = tenants.length === 0 && gone.length === 0 && Object.keys(changes).length === 3;
  return isEmpty ? null : changes;
}

const isSame = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);

/**
 * The report after the changes; a tenant that is new is its last. Throws AppError `protocol` where it would have too many
 * tenants. Pure.
 */
export function applyChanges(report: Report, changes: ReportChanges): Report {
  const { facts = report.facts, figures = report.figures, problems = report.problems } = changes;
  return { type: 'report', facts, figures, tenants: joinTenants(report.tenants, changes), problems };
}

/** Both as one, the later ones second. Throws AppError `protocol` where there are too many. Pure. */
export function mergeChanges(first: ReportChanges, second: ReportChanges): ReportChanges {
  const back = new Set(second.tenants.map((tenant) => tenant.slug));
  const gone = [...new Set([...first.gone.filter((one) => !back.has(one)), ...second.gone])];
  if (gone.length > limits.ownTenants.max) throw tooMany();
  return { ...first, ...second, tenants: joinTenants(first.tenants, second), gone };
}

function joinTenants(
  before: readonly ReportedTenant[],
  { tenants, gone }: Pick<ReportChanges, 'tenants' | 'gone'>,
): ReportedTenant[] {
  const joined = new Map(before.map((tenant) => [tenant.slug, tenant]));
  for (const tenant of tenants) joined.set(tenant.slug, tenant);
  for (const one of gone) joined.delete(one);
  if (joined.size > limits.tenants.max) throw tooMany();
  return [...joined.values()];
}

const tooMany = () => new AppError('protocol', `a report of more than ${limits.tenants.max} tenants`);
