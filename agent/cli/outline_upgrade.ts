// An upgrade of this host as lists show it.
import type { UpgradeOutline } from '../../shared/model/upgrade_outline.js';
import type { FoundUpgrade } from '../store/find_upgrades.js';

/** Of its journal as far as it goes. Pure. */
export function outlineUpgrade({ id, begin, progress: { finish, current } }: FoundUpgrade): UpgradeOutline {
  const { tenant, host, plan, request, at, current_version: previous } = begin;
  return {
    id,
    tenant,
    host,
    status: finish?.status ?? 'running',
    previous_version: previous,
    new_version: plan?.target?.version ?? request.version,
    current_version: finish?.current_version ?? null,
    started_at: at,
    finished_at: finish?.at ?? null,
    step: finish === null ? (current?.step ?? null) : null,
    message: finish?.failure?.message ?? null,
    needs_operator: finish?.failure?.needs_operator === true,
  };
}
