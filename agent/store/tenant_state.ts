// A tenant's state, from its record and its latest upgrade that was not refused.
import type { EventOf } from '../../shared/model/journal/events.js';
import type { TenantRecord } from '../../shared/model/plan/plan.js';
import type { ReportedTenant } from '../../shared/model/report/report.js';
import type { FoundUpgrade } from './find_upgrades.js';

export interface TenantState {
  /** `unfinished`: an upgrade has neither ended nor been held for an operator. */
  state: 'idle' | 'unfinished' | 'needs_operator';
  /** The tenant's version: of its record, in a hold of its upgrade, and before the first upgrade of its work tree. */
  version: string | null;
  commit: string | null;
  /** True where nothing but the work tree says the version. */
  detected: boolean;
  hold: ReportedTenant['hold'];
}

/**
 * The state of a tenant whose latest upgrade that was not refused is `latest`, null for none. `head` is its work tree, with
 * the version that was detected there.
 */
export function describeTenant(tenant: {
  record: TenantRecord | null;
  latest: FoundUpgrade | null;
  head: { commit: string | null; detected: string | null };
}): TenantState {
  const { record, latest, head } = tenant;
  const finish = latest?.progress.finish ?? null;
  const hold = finish === null ? null : describeHold(finish);
  const state = hold !== null ? 'needs_operator' : latest !== null && finish === null ? 'unfinished' : 'idle';
  if (hold !== null) {
    // The record may name the target, though the tenant is on another version.
    const version = finish?.current_version ?? null;
    return { state, hold, version, commit: version === record?.version ? record.commit : null, detected: false };
  }
  if (record !== null) return { state, hold, version: record.version, commit: record.commit, detected: false };
  const { commit, detected } = head;
  return { state, hold, version: detected, commit: detected === null ? null : commit, detected: detected !== null };
}

function describeHold({ hold, failure, services = null }: EventOf<'finish'>): TenantState['hold'] {
  if (hold === null) return null;
  return { reason: hold, message: failure?.message ?? '', hint: failure?.hint ?? '', services };
}
