// The part of a report about one tenant.
import { toReportedProblem, type ReportedProblem, type ReportedTenant } from '../../shared/model/report/report.js';
import type { TenantConfig } from '../config/tenant_file/tenant_config.js';
import { readRecord } from '../store/tenant_record.js';
import type { FoundUpgrade } from '../store/find_upgrades.js';
import type { StateFolder } from '../store/state_folder.js';
import type { Head } from './heads.js';
import { describeTenant } from '../store/tenant_state.js';

export interface TenantFindings {
  slug: string;
  /** Null where its file was never good. */
  config: TenantConfig | null;
  latest: FoundUpgrade | null;
  head: Pick<Head, 'commit' | 'detected'>;
  problems: ReportedProblem[];
}

/** Reads the tenant's record. An unreadable record becomes a problem in the report, never a rejection. */
export async function reportTenant(state: StateFolder, findings: TenantFindings): Promise<ReportedTenant> {
  const { slug, config, latest } = findings;
  const { commit: head } = findings.head;
  const problems = [...findings.problems];
  const record = await readRecord(state.recordFile(slug)).catch((error: unknown) => {
    problems.push(toReportedProblem(error));
    return null;
  });
  const described = describeTenant({ record, latest, head: findings.head });
  const { state: phase, version, commit, detected, hold } = described;
  // A running upgrade moves HEAD itself; that is no drift.
  const isMoved = phase !== 'unfinished' && commit !== null && head !== null && head !== commit;
  return {
    slug,
    version,
    commit,
    detected,
    head,
    drift: isMoved ? `the work tree is at ${short(head)}, not at ${version ?? '?'} (${short(commit)})` : null,
    state: phase === 'unfinished' ? 'running' : config === null ? 'broken' : phase,
    hold,
    labels: config?.labels ?? {},
    problems,
  };
}

const short = (commit: string) => commit.slice(0, 12);
