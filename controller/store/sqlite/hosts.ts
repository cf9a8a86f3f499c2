// Hosts and their tenants, as their agents last reported them.
import type { Report } from '../../../shared/model/report.js';
import type { StoreDatabase, Sql } from './database.js';
import type { HostStore } from '../port.js';
import { pageOf } from './page.js';
import { toHost, toTenant } from './rows.js';

/** The host that has a tenant, or null. */
export function findHostOf(sql: Sql, slug: string): string | null {
  const row = sql.get('SELECT host FROM tenants WHERE slug = ?', [slug]);
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
) => `(SELECT json_group_array(json_object('slug', claims.slug, 'host', ${other}))
  FROM claims JOIN tenants ON tenants.slug = claims.slug WHERE ${own} = hosts.host)`;
const hostColumns = `*, (SELECT json_group_array(slug) FROM (SELECT slug FROM tenants WHERE tenants.host = hosts.host
  ORDER BY slug)) AS tenants, ${disputes('claims.host', 'tenants.host')} AS claimed_of_it,
  ${disputes('tenants.host', 'claims.host')} AS claimed_by_it`;
/** As `findOpen` does it. */
const tenantColumns = `*, (SELECT id FROM upgrades WHERE tenant = slug AND +upgrades.host = tenants.host
  AND status IN ('queued', 'running') LIMIT 1) AS upgrade,
  (SELECT json_group_array(host) FROM claims WHERE claims.slug = tenants.slug) AS claimed_by,
  (SELECT json_object('received_at', received_at, 'version', current_version, 'needs_operator', needs_operator,
    'failure', json_extract(result, '$.failure')) FROM upgrades WHERE tenant = slug AND +upgrades.host = tenants.host
    AND status <> 'refused' ORDER BY id DESC LIMIT 1) AS latest`;

/** Hosts and tenants over this database. */
export function createHostStore(database: StoreDatabase): HostStore {
  const { read } = database;
  return {
    async find(host) {
      const row = read.get(`SELECT ${hostColumns} FROM hosts WHERE host = ?`, [host]);
      return row === undefined ? null : toHost(row);
    },
    async list({ limit, cursor = '' }) {
      const sql = `SELECT ${hostColumns} FROM hosts WHERE host > ? ORDER BY host LIMIT ?`;
      return pageOf(read.all(sql, [cursor, limit + 1]), { limit, key: 'host', of: toHost });
    },
    async findTenant(slug) {
      const row = read.get(`SELECT ${tenantColumns} FROM tenants WHERE slug = ?`, [slug]);
      return row === undefined ? null : toTenant(row);
    },
    findHostOf: async (slug) => findHostOf(read, slug),
    async listTenants({ limit, cursor = '' }) {
      const sql = `SELECT ${tenantColumns} FROM tenants WHERE slug > ? ORDER BY slug LIMIT ?`;
      return pageOf(read.all(sql, [cursor, limit + 1]), { limit, key: 'slug', of: toTenant });
    },
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
    const row = sql.get(
      `INSERT INTO tenants (slug, host, reported_at, report) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (slug) DO UPDATE SET reported_at = ?3, report = ?4 WHERE host = ?2 RETURNING slug`,
      [tenant.slug, host, at, JSON.stringify(tenant)],
    );
    return row === undefined ? [tenant.slug] : [];
  });
  sql.run('DELETE FROM claims WHERE host = ?', [host]);
  for (const slug of left) sql.run('INSERT INTO claims (slug, host) VALUES (?, ?)', [slug, host]);
  return left;
}
