// Hosts and their tenants, as their agents last reported them.
import type { Report } from '../../../shared/model/report.js';
import type { Selection } from '../../../shared/selection/selection.js';
import { versionKey } from '../../../shared/version_key.js';
import type { HostReads, HostStore } from '../port.js';
import type { StoreDatabase, Sql } from './database.js';
import { pageOf } from './page.js';
import { toHost, toTenant } from './rows.js';
import { always, inScope, selectSeen, selectTenants, type Condition } from './selection_sql.js';

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

/** True of the host in `column` if it has a tenant in this scope: who sees no tenant of a host does not see the host. */
function hostInScope(scope: Selection | null, column: string): Condition {
  if (scope === null) return always;
  const { sql, values } = selectSeen(scope);
  return { sql: `EXISTS (SELECT 1 FROM slugs WHERE slugs.host = ${column} AND ${sql})`, values };
}

/** Tenants that two hosts report, with the other host of each: of those that the host has, and of those that it claims. */
function disputes(scope: Selection | null, { other, own }: { other: string; own: string }): Condition {
  const shown = hostInScope(scope, other);
  const seen = inScope(scope, 'claims.slug');
  return {
    sql: `(SELECT json_group_array(json_object('slug', claims.slug, 'host', iif(${shown.sql}, ${other}, NULL)))
      FROM claims JOIN tenants ON tenants.slug = claims.slug WHERE ${own} = hosts.host AND ${seen.sql})`,
    values: [...shown.values, ...seen.values],
  };
}

/** The hosts that are seen, each with those of its tenants that are seen. */
function queryHosts(scope: Selection | null): Condition {
  const seen = inScope(scope, 'tenants.slug');
  const ofIt = disputes(scope, { other: 'claims.host', own: 'tenants.host' });
  const byIt = disputes(scope, { other: 'tenants.host', own: 'claims.host' });
  const where = hostInScope(scope, 'hosts.host');
  return {
    sql: `SELECT *, (SELECT json_group_array(slug) FROM (SELECT slug FROM tenants WHERE tenants.host = hosts.host
      AND ${seen.sql} ORDER BY slug)) AS tenants, ${ofIt.sql} AS claimed_of_it, ${byIt.sql} AS claimed_by_it
      FROM hosts WHERE ${where.sql}`,
    values: [...seen.values, ...ofIt.values, ...byIt.values, ...where.values],
  };
}

/** The tenants that are seen. `latest` and `upgrade` are as `findOpen` finds them. */
function queryTenants(scope: Selection | null): Condition {
  const shown = hostInScope(scope, 'claims.host');
  const seen = selectSeen(scope);
  return {
    sql: `SELECT tenants.*, (SELECT id FROM upgrades WHERE tenant = tenants.slug AND +upgrades.host = tenants.host
        AND status IN ('queued', 'running') LIMIT 1) AS upgrade,
      (SELECT json_group_array(iif(${shown.sql}, host, NULL)) FROM claims WHERE claims.slug = tenants.slug) AS claimed_by,
      (SELECT json_object('received_at', received_at, 'version', current_version, 'needs_operator', needs_operator,
        'failure', json_extract(result, '$.failure')) FROM upgrades WHERE tenant = tenants.slug
        AND +upgrades.host = tenants.host AND status <> 'refused' ORDER BY id DESC LIMIT 1) AS latest
      FROM tenants JOIN slugs ON slugs.slug = tenants.slug WHERE ${seen.sql}`,
    values: [...shown.values, ...seen.values],
  };
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
      const row = read.get(`${tenants.sql} AND tenants.slug = ?`, [...tenants.values, slug]);
      return row === undefined ? null : toTenant(row);
    },
    async findHostOf(slug) {
      const seen = selectSeen(scope);
      const row = read.get(`SELECT host FROM slugs WHERE ${seen.sql} AND slug = ?`, [...seen.values, slug]);
      return row === undefined ? null : String(row['host']);
    },
    async listTenants({ limit, cursor = '', where = null }) {
      const selected = where === null ? always : selectTenants(where);
      const sql = `${tenants.sql} AND ${selected.sql} AND tenants.slug > ? ORDER BY tenants.slug LIMIT ?`;
      const rows = read.all(sql, [...tenants.values, ...selected.values, cursor, limit + 1]);
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
