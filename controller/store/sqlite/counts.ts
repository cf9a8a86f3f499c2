// Counts of the fleet, for metrics. None names a tenant or a host.
import type { Counts } from '../counts.js';
import type { Sql } from './database/database.js';

/** As they are now. */
export function readCounts(sql: Sql): Counts {
  const count = (query: string) => Number(sql.get(query)?.['count'] ?? 0);
  const group = (query: string) =>
    Object.fromEntries(sql.all(query).map(({ of, count: number }) => [String(of), Number(number)]));
  return {
    hosts: group(`SELECT coalesce((SELECT state FROM host_keys WHERE host_keys.host = hosts.host
      AND state IN ('revoked', 'quarantined') AND no = (SELECT max(no) FROM host_keys WHERE host_keys.host = hosts.host)),
      iif(connected_at IS NULL, 'joined', 'known')) AS of, count(*) AS count FROM hosts GROUP BY 1`),
    tenants: group(`SELECT json_extract(report, '$.state') AS of, count(*) AS count FROM tenants
      WHERE held_by IS NULL GROUP BY 1`),
    drifted: count('SELECT count(*) AS count FROM tenants WHERE held_by IS NULL AND has_drift = 1'),
    openUpgrades: group(`SELECT status AS of, count(*) AS count FROM upgrades
      WHERE status IN ('queued', 'running') GROUP BY 1`),
    deliveries: group(`SELECT state AS of, count(*) AS count FROM webhook_deliveries
      WHERE state = 'waiting' UNION ALL SELECT state, count(*) FROM webhook_deliveries WHERE state = 'failed'`),
  };
}
