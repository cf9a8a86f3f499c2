// A tenant as its host reported it, with what the controller knows since: the end of its upgrade, and other hosts that report
// it too.
import { fitted } from '../../shared/model/fit.js';
import { problemsSchema, type ReportedProblem, type ReportedTenant } from '../../shared/model/report.js';
import type { Disputed, StoredTenant } from '../store/stored.js';

const shownNames = 5;

/** Pure. */
export function describeTenant({
  report,
  reported_at,
  upgrade,
  latest,
  host,
  claimed_by,
}: StoredTenant): ReportedTenant {
  const disputed = claimed_by.map((other) =>
    disputedProblem(`${other ?? 'another host'} reports it too; it stays with ${host}`),
  );
  const problems = fitted(problemsSchema, [...disputed, ...report.problems]);
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

/** The problems of a host whose tenants another host reports too, or that reports tenants of another host. Pure. */
export function explainDisputes(claimedOfIt: readonly Disputed[], claimedByIt: readonly Disputed[]): ReportedProblem[] {
  return [
    ...(claimedOfIt.length === 0
      ? []
      : [disputedProblem(`another host reports tenants of it too: ${name(claimedOfIt)}`)]),
    ...(claimedByIt.length === 0
      ? []
      : [disputedProblem(`it reports tenants that stay with another host: ${name(claimedByIt)}`)]),
  ];
}

function disputedProblem(message: string): ReportedProblem {
  return { message, hint: 'Remove the tenant file on the host that does not have the tenant.' };
}

function name(disputed: readonly Disputed[]): string {
  const shown = disputed.slice(0, shownNames).map(({ slug, host }) => (host === null ? slug : `${slug} (${host})`));
  const left = disputed.length - shown.length;
  return `${shown.join(', ')}${left === 0 ? '' : ` and ${left} more`}`;
}
