// Hosts and their tenants, as people read them.
import { AppError } from '../../../shared/errors.js';
import type { Selection } from '../../../shared/selection/selection.js';
import type { HostReads, HostStore } from '../port.js';
import type { StoreDatabase, Sql } from './database/database.js';
import { pageOf } from './page.js';
import { tellConnected, tellOffline } from './webhooks/tell_webhooks.js';
import { toHost, toTenant } from './rows.js';
import { always, hostInScope, inScope, selectSeen, selectTenants, type Condition } from './selection_sql.js';
import { listVersions } from './tenant_versions.js';
import { writeReport } from './write_report.js';

/** The host that has a tenant, or null. */
export function findHostOf(sql: Sql, slug: string): string | null {
  const row = sql.get('SELECT host FROM slugs WHERE slug = ?', [slug]);
  return row === undefined ? null : String(row['host']);
}

/** The version that the host last reported of the tenant, or null. */
export function findVersionOf(sql: Sql, { tenant, host }: { tenant: string; host: string }): string | null {
  const query = `SELECT json_extract(report, '$.version') AS version FROM tenants WHERE slug = ? AND host = ?`;
  const version = sql.get(query, [tenant, host])?.['version'];
  return typeof version === 'string' ? version : null;
}

/** The parts as one query. */
function join(parts: TemplateStringsArray, ...conditions: readonly Condition[]): Condition {
  const sql = parts.map((part, index) => part + (conditions[index]?.sql ?? '')).join('');
  return { sql, values: conditions.flatMap(({ values }) => [...values]) };
}

/** A host is seen by who sees a tenant of it, and shows only those, and of other hosts only what is seen, too. */
function queryHosts(scope: Selection | null): Condition {
  const ofSlugs = selectSeen(scope);
  const ofTenants = inScope(scope, 'tenants.slug');
  const ofClaims = inScope(scope, 'claims.slug');
  return join`SELECT hosts.*,
    (SELECT json_group_array(slug) FROM (SELECT slug FROM slugs WHERE slugs.host = hosts.host AND ${ofSlugs}
      ORDER BY slug)) AS tenants,
    (SELECT json_group_array(slug) FROM (SELECT slug FROM slugs WHERE slugs.host = hosts.host
      AND missing_since IS NOT NULL AND ${ofSlugs} ORDER BY slug)) AS missing,
    (SELECT count(*) FROM tenants WHERE tenants.host = hosts.host AND has_drift = 1 AND held_by IS NULL
      AND ${ofTenants}) AS drifting,
    (SELECT json_group_array(json_object('slug', claims.slug, 'host', iif(${hostInScope(scope, 'claims.host')},
      claims.host, NULL))) FROM tenants AS claims WHERE held_by = hosts.host AND ${ofClaims}) AS claimed_of_it,
    (SELECT json_group_array(json_object('slug', claims.slug, 'host', iif(${hostInScope(scope, 'claims.held_by')},
      nullif(held_by, ''), NULL))) FROM tenants AS claims WHERE claims.host = hosts.host AND held_by IS NOT NULL
      AND ${ofClaims}) AS claimed_by_it,
    (SELECT json_object('state', state, 'since', since, 'why', why, 'places', json(places)) FROM host_keys
      WHERE host_keys.host = hosts.host ORDER BY no DESC LIMIT 1) AS host_key FROM hosts
    WHERE ${hostInScope(scope, 'hosts.host')}`;
}

/** The open upgrade as `findOpen` does it. */
function queryTenants(scope: Selection | null): Condition {
  return join`SELECT slugs.slug, slugs.host, slugs.labels AS admin_labels, slugs.missing_since, slugs.since,
  tenants.reported_at, tenants.report,
  (SELECT connected_at FROM hosts WHERE hosts.host = slugs.host) AS host_connected_at,
  (SELECT state FROM host_keys WHERE host_keys.host = slugs.host ORDER BY no DESC LIMIT 1) AS host_key_state,
  (SELECT id FROM upgrades WHERE tenant = slugs.slug AND +upgrades.host = slugs.host
    AND status IN ('queued', 'running') LIMIT 1) AS upgrade,
  (SELECT json_group_array(iif(${hostInScope(scope, 'claims.host')}, claims.host, NULL)) FROM tenants AS claims
    WHERE claims.slug = slugs.slug AND claims.held_by IS NOT NULL) AS claimed_by,
  (SELECT json_object('received_at', received_at, 'version', current_version, 'needs_operator', needs_operator,
    'failure', json_extract(result, '$.failure')) FROM upgrades WHERE tenant = slugs.slug
    AND +upgrades.host = slugs.host AND status <> 'refused' ORDER BY id DESC LIMIT 1) AS latest
  FROM slugs LEFT JOIN tenants ON tenants.slug = slugs.slug AND tenants.host = slugs.host
  WHERE ${selectSeen(scope)}`;
}

/** The hosts and tenants that an asker of this scope sees. */
export function createHostReads(read: Sql, scope: Selection | null): HostReads {
  const hosts = queryHosts(scope);
  const tenants = queryTenants(scope);
  return {
    async find(host) {
      const row = read.get(`${hosts.sql} AND host = ?`, [...hosts.values, host]);
      return row === undefined ? null : toHost(row, scope !== null);
    },
    async list({ limit, cursor = '' }) {
      const rows = read.all(`${hosts.sql} AND host > ? ORDER BY host LIMIT ?`, [...hosts.values, cursor, limit + 1]);
      return pageOf(rows, { limit, key: 'host', of: (row) => toHost(row, scope !== null) });
    },
    async findTenant(slug) {
      const row = read.get(`${tenants.sql} AND slugs.slug = ?`, [...tenants.values, slug]);
      return row === undefined ? null : toTenant(row);
    },
    async findHostOf(slug) {
      const seen = selectSeen(scope);
      const row = read.get(`SELECT host FROM slugs WHERE ${seen.sql} AND slug = ?`, [...seen.values, slug]);
      return row === undefined ? null : String(row['host']);
    },
    async listTenants({ limit, cursor = '', where = null }) {
      const selected = where === null ? always : selectTenants(where);
      const sql = `${tenants.sql} AND ${selected.sql} AND slugs.slug > ? ORDER BY slugs.slug LIMIT ?`;
      const rows = read.all(sql, [...tenants.values, ...selected.values, cursor, limit + 1]);
      return pageOf(rows, { limit, key: 'slug', of: toTenant });
    },
    listVersions: async (slug, query) => listVersions(read, { slug, scope, ...query }),
  };
}

/** Hosts and tenants over this database. */
export function createHostStore(database: StoreDatabase): HostStore {
  return {
    ...createHostReads(database.read, null),
    connect: ({ host, agentVersion, protocolVersion, clockSkewMs, at }) =>
      database.write((sql) =>
        sql.run(
          `INSERT INTO hosts (host, agent_version, protocol_version, first_seen_at, connected_at, seen_at, clock_skew_ms)
             VALUES (?1, ?2, ?3, ?4, ?4, ?4, ?5)
             ON CONFLICT (host) DO UPDATE SET agent_version = ?2, protocol_version = ?3, connected_at = ?4, seen_at = ?4,
               clock_skew_ms = ?5`,
          [host, agentVersion, protocolVersion, at, Math.round(clockSkewMs)],
        ),
      ),
    disconnect: (host, at) =>
      database.write((sql) => sql.run('UPDATE hosts SET seen_at = ? WHERE host = ?', [at, host])),
    listOnline: async () => database.read.all('SELECT host FROM online_hosts').map(({ host }) => String(host)),
    noteConnected: (host, at) => database.write((sql) => tellConnected(sql, host, at)),
    noteOffline: (host, at) => database.write((sql) => tellOffline(sql, host, at)),
    async report(host, report, at) {
      // The transaction returns a refusal: a throw would roll the other writes back.
      const left = await database.write((sql) => writeReport(sql, { host, report, at }));
      if (left instanceof AppError) throw left;
      return left;
    },
  };
}
