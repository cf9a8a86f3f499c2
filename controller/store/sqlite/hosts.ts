// Hosts and their tenants, as their agents last reported them.
import type { Report } from '../../../shared/model/report.js';
import type { Selection } from '../../../shared/selection/selection.js';
import { versionKey } from '../../../shared/version_key.js';
import type { HostReads, HostStore } from '../port.js';
import type { StoreDatabase, Sql } from './database.js';
import { pageOf } from './page.js';
import { toHost, toTenant } from './rows.js';
import { always, inScope, selectTenants } from './selection_sql.js';

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

/** Tenants that two hosts report, with the other host of each: of those that the host has, and of those that it claims. */
const disputes = (
  other: string,
  own: string,
  seen: string,
) => `(SELECT json_group_array(json_object('slug', claims.slug,
  'host', ${other})) FROM claims JOIN tenants ON tenants.slug = claims.slug WHERE ${own} = hosts.host AND ${seen})`;

/** A host is seen by who sees a tenant of it, and shows only those. */
function queryHosts(scope: Selection | null): {
  select: string;
  where: string;
  selectValues: string[];
  whereValues: string[];
} {
  const seen = inScope(scope, 'tenants.slug');
  const claimed = inScope(scope, 'claims.slug');
  const own = inScope(scope, 'slugs.slug');
  const select = `SELECT *, (SELECT json_group_array(slug) FROM (SELECT slug FROM tenants WHERE tenants.host = hosts.host
    AND ${seen.sql} ORDER BY slug)) AS tenants, ${disputes('claims.host', 'tenants.host', claimed.sql)} AS claimed_of_it,
    ${disputes('tenants.host', 'claims.host', claimed.sql)} AS claimed_by_it FROM hosts`;
  const where = scope === null ? '1' : `EXISTS (SELECT 1 FROM slugs WHERE slugs.host = hosts.host AND ${own.sql})`;
  return {
    select,
    where,
    selectValues: [...seen.values, ...claimed.values, ...claimed.values],
    whereValues: [...own.values],
  };
}

/** As `findOpen` does it. */
const tenantColumns = `tenants.*, (SELECT id FROM upgrades WHERE tenant = slug AND +upgrades.host = tenants.host
  AND status IN ('queued', 'running') LIMIT 1) AS upgrade,
  (SELECT json_group_array(host) FROM claims WHERE claims.slug = tenants.slug) AS claimed_by,
  (SELECT json_object('received_at', received_at, 'version', current_version, 'needs_operator', needs_operator,
    'failure', json_extract(result, '$.failure')) FROM upgrades WHERE tenant = slug AND +upgrades.host = tenants.host
    AND status <> 'refused' ORDER BY id DESC LIMIT 1) AS latest`;

/** The hosts and tenants that an asker of this scope sees. */
export function createHostReads(read: Sql, scope: Selection | null): HostReads {
  const hosts = queryHosts(scope);
  const seen = inScope(scope, 'tenants.slug');
  return {
    async find(host) {
      const sql = `${hosts.select} WHERE ${hosts.where} AND host = ?`;
      const row = read.get(sql, [...hosts.selectValues, ...hosts.whereValues, host]);
      return row === undefined ? null : toHost(row, scope !== null);
    },
    async list({ limit, cursor = '' }) {
      const sql = `${hosts.select} WHERE ${hosts.where} AND host > ? ORDER BY host LIMIT ?`;
      const rows = read.all(sql, [...hosts.selectValues, ...hosts.whereValues, cursor, limit + 1]);
      return pageOf(rows, { limit, key: 'host', of: (row) => toHost(row, scope !== null) });
    },
    async findTenant(slug) {
      const row = read.get(`SELECT ${tenantColumns} FROM tenants WHERE ${seen.sql} AND slug = ?`, [
        ...seen.values,
        slug,
      ]);
      return row === undefined ? null : toTenant(row);
    },
    async findHostOf(slug) {
      const own = inScope(scope, 'slug');
      const row = read.get(`SELECT host FROM slugs WHERE ${own.sql} AND slug = ?`, [...own.values, slug]);
      return row === undefined ? null : String(row['host']);
    },
    async listTenants({ limit, cursor = '', where = null }) {
      const selected = where === null ? always : selectTenants(where);
      const sql = `SELECT ${tenantColumns} FROM tenants JOIN slugs USING (slug)
        WHERE ${seen.sql} AND ${selected.sql} AND slug > ? ORDER BY slug LIMIT ?`;
      const rows = read.all(sql, [...seen.values, ...selected.values, cursor, limit + 1]);
      return pageOf(rows, { limit, key: 'slug', of: toTenant });
    },
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
    report: (host, report, at) => database.write((sql) => writeReport(sql, { host, report, at })),
  };
}

/** Writes the report; returns the reported slugs that another host has. */
function writeReport(sql: Sql, { host, report, at }: { host: string; report: Report; at: string }): string[] {
  sql.run('UPDATE hosts SET facts = ?, problems = ?, seen_at = ? WHERE host = ?', [
    JSON.stringify(report.facts),
    JSON.stringify(report.problems),
    at,
    host,
  ]);
  sql.run('DELETE FROM tenants WHERE host = ? AND slug NOT IN (SELECT value FROM json_each(?))', [
    host,
    JSON.stringify(report.tenants.map(({ slug }) => slug)),
  ]);
  const left = report.tenants.flatMap((tenant) => {
    sql.run('INSERT INTO slugs (slug, host, since) VALUES (?, ?, ?) ON CONFLICT (slug) DO NOTHING', [
      tenant.slug,
      host,
      at,
    ]);
    if (findHostOf(sql, tenant.slug) !== host) return [tenant.slug];
    const { prefix = null, key = null } = (tenant.version === null ? null : versionKey(tenant.version)) ?? {};
    sql.run(
      `INSERT INTO tenants (slug, host, reported_at, report, version_prefix, version_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (slug) DO UPDATE SET host = ?2, reported_at = ?3, report = ?4, version_prefix = ?5, version_key = ?6`,
      [tenant.slug, host, at, JSON.stringify(tenant), prefix, key],
    );
    return [];
  });
  sql.run('DELETE FROM claims WHERE host = ?', [host]);
  for (const slug of left) sql.run('INSERT INTO claims (slug, host) VALUES (?, ?)', [slug, host]);
  return left;
}
