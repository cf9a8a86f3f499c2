// Makes a report fit into a frame: its texts are cleaned and bounded; where the whole is too large, what is said of each
// tenant becomes shorter before tenants are left out.
import { sharedLimits as limits } from '../../shared/limits.js';
import { fit, shorten } from '../../shared/model/fit.js';
import {
  reportedTenantSchema,
  reportSchema,
  type Report,
  type ReportedTenant,
} from '../../shared/model/report/report.js';
import { jsonBytes } from '../../shared/model/text.js';

/** Room for what is around the report in its frame. */
const ownBytes = 1024;
const maxBytes = limits.frame.max - ownBytes;

/** How much is said of each tenant: characters of a text, problems, and whether its labels are. */
interface Level {
  characters: number;
  problems: number;
  hasLabels: boolean;
}

const most: Level = { characters: limits.text.max, problems: limits.reportedProblems.max, hasLabels: true };
const least: Level = { characters: 40, problems: 0, hasLabels: false };
const levels: readonly Level[] = [
  most,
  { characters: 200, problems: 1, hasLabels: true },
  { characters: 80, problems: 1, hasLabels: false },
  least,
];

/** The report as it is sent. What had to be left out is said in its problems. */
export function fitReport(report: Report): Report {
  const tenants = report.tenants.slice(0, limits.tenants.max).flatMap(fitTenant);
  const { problems } = report;
  const whole = { ...report, tenants };
  for (const level of levels) {
    const told = { ...whole, tenants: tenants.map((tenant) => shortenTenant(tenant, level)) };
    const isWhole = level === most && tenants.length === report.tenants.length;
    const says = isWhole ? [] : [tooLong(report.tenants.length - tenants.length)];
    const fitting = parse({ ...told, problems: [...says, ...problems] });
    if (fitting !== null) return fitting;
  }
  return leaveOut(whole, report.tenants.length);
}

/** Half of the tenants, and half of those, until the rest fits. */
function leaveOut(report: Report, all: number): Report {
  for (let count = Math.floor(report.tenants.length / 2); ; count = Math.floor(count / 2)) {
    const tenants = report.tenants.slice(0, count).map((tenant) => shortenTenant(tenant, least));
    const fitting = parse({ ...report, tenants, problems: [tooLong(all - count)] });
    if (fitting !== null || count === 0) return fitting ?? { ...report, tenants: [], problems: [] };
  }
}

function parse(report: Report): Report | null {
  const parsed = reportSchema.safeParse(fit(reportSchema, report));
  return parsed.success && jsonBytes(parsed.data) <= maxBytes ? parsed.data : null;
}

/** None for one that no controller would accept: an old record may name a version that is no tag. */
function fitTenant(tenant: ReportedTenant): ReportedTenant[] {
  const fitting = fit(reportedTenantSchema, tenant);
  const parsed = reportedTenantSchema.safeParse(fitting);
  if (parsed.success) return [parsed.data];
  const problem = { message: `its report is not valid: ${parsed.error.issues[0]?.path.join('.') ?? ''}`, hint: null };
  const bare = { version: null, commit: null, head: null, drift: null, hold: null, labels: {}, problems: [problem] };
  const rest = reportedTenantSchema.safeParse({ ...tenant, ...bare });
  return rest.success ? [rest.data] : [];
}

function shortenTenant(tenant: ReportedTenant, { characters, problems, hasLabels }: Level): ReportedTenant {
  const short = (text: string) => shorten(text, { max: characters, keep: 'start' });
  const { hold, drift } = tenant;
  return {
    ...tenant,
    drift: drift === null ? null : short(drift),
    hold: hold === null ? null : { ...hold, message: short(hold.message), hint: short(hold.hint) },
    labels: hasLabels ? tenant.labels : {},
    problems: tenant.problems
      .slice(0, problems)
      .map(({ message, hint }) => ({ message: short(message), hint: hint === null ? null : short(hint) })),
  };
}

function tooLong(left: number) {
  const message =
    left === 0
      ? 'the report of this host is too large: what it says of each tenant is shortened'
      : `the report of this host is too large: ${left} tenants are left out`;
  return { message, hint: '`drover-agent status` on the host shows all of it.' };
}
