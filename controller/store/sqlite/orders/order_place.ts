// What orders have to know of their tenants, looked up at once: those of a whole fleet may come in one transaction.
import { AppError } from '../../../../shared/errors.js';
import { keyStates, type KeyState } from '../../joining.js';
import type { Sql } from '../database/database.js';

/** Where an order goes. Nothing is known of a tenant without a host. */
export interface OrderPlace {
  /** The host that has the tenant; null where none has. */
  host: string | null;
  /** The version that the host last reported of it. */
  version: string | null;
  /** As `findKeyState` finds it. */
  keyState: KeyState | null;
  /** The open upgrade of the tenant there, as `findOpen` finds it. */
  busy: { id: string; status: string } | null;
}

const look = `WITH own AS MATERIALIZED (SELECT value ->> 0 AS tenant,
    coalesce(value ->> 1, (SELECT host FROM slugs WHERE slug = value ->> 0)) AS host FROM json_each(?))
  SELECT own.host,
    (SELECT json_extract(report, '$.version') FROM tenants WHERE slug = own.tenant AND tenants.host = own.host) AS version,
    (SELECT status || ' ' || id FROM upgrades WHERE upgrades.tenant = own.tenant AND +upgrades.host = own.host
      AND status IN ('queued', 'running') LIMIT 1) AS busy,
    (SELECT state FROM host_keys WHERE host_keys.host = own.host ORDER BY no DESC LIMIT 1) AS key
  FROM own`;

/** The places of these orders, in their order. A host that an order names is its host, whoever has the tenant. */
export function lookAtAll(sql: Sql, orders: readonly { tenant: string; host: string | null }[]): OrderPlace[] {
  const rows = sql.all(look, [JSON.stringify(orders.map(({ tenant, host }) => [tenant, host]))]);
  return rows.map(({ host, version, busy, key }) => {
    const [status = '', id] = textOrNull(busy)?.split(' ') ?? [];
    const keyState = keyStates.find((state) => state === key) ?? null;
    const about = { host: textOrNull(host), version: textOrNull(version), keyState };
    return { ...about, busy: id === undefined ? null : { id, status } };
  });
}

/** The same of one. */
export function lookAt(sql: Sql, order: { tenant: string; host: string | null }): OrderPlace {
  const [place] = lookAtAll(sql, [order]);
  if (place !== undefined) return place;
  throw new AppError('internal', `the store has no place for an order about ${order.tenant}`);
}

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);
