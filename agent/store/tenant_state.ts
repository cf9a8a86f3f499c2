// A tenant's state, from its record and its latest upgrade that was not refused.
import type { EventOf } from '../../shared/model/events.js';
import type { TenantRecord } from '../../shared/model/plan.js';
import type { ReportedTenant } from '../../shared/model/report.js';
import type { FoundUpgrade } from './find_upgrades.js';

export interface TenantState {
  /** `unfinished`: an upgrade has neither ended nor been held for an operator. */
  state: 'idle' | 'unfinished' | 'needs_operator';
  /** The tenant's version, as far as Drover knows; null before its first upgrade. */
  version: string | null;
  commit: string | null;
  hold: ReportedTenant['hold'];
}

/** The state of a tenant whose latest upgrade that was not refused is `latest`; null for none. */
export function describeTenant(record: TenantRecord | null, latest: FoundUpgrade | null): TenantState {
  const finish = latest?.progress.finish ?? null;
  const hold = finish === null ? null : describeHold(finish);
  // During a hold the record may name the target, though the tenant is on another version.
  const isOnTarget = record !== null && (hold === null || finish?.current_version === record.version);
  return {
    state: hold !== null ? 'needs_operator' : latest !== null && finish === null ? 'unfinished' : 'idle',
    version: (hold === null ? record?.version : null) ?? finish?.current_version ?? null,
    commit: isOnTarget ? record.commit : null,
    hold,
  };
}

function describeHold({ hold, failure, services = null }: EventOf<'finish'>): TenantState['hold'] {
  if (hold === null) return null;
  return { reason: hold, message: failure?.message ?? '', hint: failure?.hint ?? '', services };
}
