// A tenant as its host reported it, with what the controller knows since: the end of its upgrade, and other hosts that report
// it too.
import { fitted } from '../../shared/model/fit.js';
import type { Tenant } from '../../shared/wire/api.js';
import { problemsSchema, type ReportedProblem, type ReportedTenant } from '../../shared/model/report/report.js';
import type { Disputed, StoredHost, StoredTenant } from '../store/stored.js';

const shownNames = 5;

/** What the controller adds to it elsewhere is left out. */
type Described = Omit<Tenant, 'host' | 'host_state' | 'reported_at' | 'upgrade'>;

/** Labels of admins come before those of hosts. Pure. */
export function describeTenant(tenant: StoredTenant): Described {
  const { admin_labels, report } = tenant;
  if (report === null) return describeMissing(tenant);
  return { ...describeReported({ ...tenant, report }), admin_labels, labels: { ...report.labels, ...admin_labels } };
}

function explainClaims({ claimed_by, host, slug }: StoredTenant): ReportedProblem[] {
  return claimed_by.map((other) => ({
    message: `${other ?? 'another host'} reports it too; it stays with ${host}`,
    hint: `Remove its tenant file on the host that does not have it, or \`drover tenants move ${slug} HOST\`.`,
  }));
}

/** A tenant that its host does not report. */
function describeMissing(tenant: StoredTenant): Described {
  const { slug, host, admin_labels } = tenant;
  const problem = {
    message: `${host} does not report it`,
    hint: `Put its tenant file back on ${host}; or \`drover tenants move ${slug} HOST\`; or, where it is gone, \`drover tenants forget ${slug}\`.`,
  };
  const versions = { version: null, commit: null, detected: false, head: null, drift: null };
  const problems = fitted(problemsSchema, [...explainClaims(tenant), problem]);
  return { slug, ...versions, state: 'missing', hold: null, labels: admin_labels, admin_labels, problems };
}

function describeReported(tenant: StoredTenant & { report: ReportedTenant }): ReportedTenant {
  const { report, reported_at, upgrade, latest } = tenant;
  const problems = fitted(problemsSchema, [...explainClaims(tenant), ...report.problems]);
  const endedAt = latest?.received_at ?? null;
  // An agent that stopped right after the upgrade has sent no later report.
  const hasEnded = report.state === 'running' && upgrade === null && endedAt !== null && endedAt >= reported_at;
  if (!hasEnded || latest === null) return { ...report, problems };
  const { failure, needs_operator: isHeld } = latest;
  const version = latest.version ?? report.version;
  const hold = { reason: failure?.code ?? 'unresolved', message: failure?.message ?? '', hint: failure?.hint ?? '' };
  return {
    ...report,
    version,
    commit: version === report.version ? report.commit : null,
    detected: false,
    drift: null,
    state: isHeld ? 'needs_operator' : 'idle',
    hold: isHeld ? { ...hold, services: null } : null,
    problems,
  };
}

/** The problems of a host with tenants that it does not report, or that two hosts report. Pure. */
export function explainDisputes({
  missing,
  claimed_of_it: claimedOfIt,
  claimed_by_it: claimedByIt,
}: Pick<StoredHost, 'missing' | 'claimed_of_it' | 'claimed_by_it'>): ReportedProblem[] {
  return [
    ...(missing.length === 0 ? [] : [missingProblem(missing)]),
    ...(claimedOfIt.length === 0
      ? []
      : [disputedProblem(`another host reports tenants of it too: ${name(claimedOfIt)}`)]),
    ...(claimedByIt.length === 0
      ? []
      : [disputedProblem(`it reports tenants that stay with another host: ${name(claimedByIt)}`)]),
  ];
}

function missingProblem(missing: readonly string[]): ReportedProblem {
  return {
    message: `it does not report tenants of it: ${nameSome(missing)}`,
    hint: 'Put their tenant files back, or move or forget them: `drover tenants move`, `drover tenants forget`.',
  };
}

function disputedProblem(message: string): ReportedProblem {
  const hint =
    'Remove the tenant file on the host that does not have the tenant; or move the tenant: `drover tenants move`.';
  return { message, hint };
}

const name = (disputed: readonly Disputed[]) =>
  nameSome(disputed.map(({ slug, host }) => (host === null ? slug : `${slug} (${host})`)));

function nameSome(names: readonly string[]): string {
  const left = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}
