// The result of an upgrade before its host has sent an event.
import type { Result } from '../../shared/model/result.js';
import type { StoredUpgrade } from './stored.js';

/** Pure. */
export function emptyResult(
  upgrade: Pick<StoredUpgrade, 'id' | 'tenant' | 'host' | 'status' | 'previous_version' | 'new_version' | 'created_at'>,
): Result {
  return {
    status: upgrade.status,
    previous_version: upgrade.previous_version,
    new_version: upgrade.new_version,
    commit: null,
    migrations_run: [],
    hooks_executed: [],
    backup_path: null,
    details: [],
    id: upgrade.id,
    tenant: upgrade.tenant,
    host: upgrade.host,
    services: null,
    current_version: null,
    started_at: upgrade.created_at,
    finished_at: null,
    downtime_ms: 0,
    rollback: null,
    steps: [],
    warnings: [],
    failure: null,
  };
}
