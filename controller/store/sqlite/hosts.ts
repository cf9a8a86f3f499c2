// Hosts and their tenants in the store, as their agents reported them last.
import type { Page, PageQuery } from '../../../shared/wire/api.js';
import { AppError } from '../../../shared/errors.js';
import type { Report } from '../../../shared/model/report.js';
import type { StoreDatabase, Sql } from './database.js';
import { hostRow, tenantRow, type HostRow, type TenantRow } from '../rows.js';

export interface Arrival {
  host: string;
  agentVersion: string;
  protocolVersion: number;
  clockSkewMs: number;
  /** ISO 8601. */
  at: string;
}

export interface HostStore {
  find(host: string): HostRow | null;
  /** In order of name; the cursor is the name of the last one shown. */
  list(query: PageQuery): Page<HostRow>;
  tenantsOf(host: string): string[];
  findTenant(slug: string): TenantRow | null;
  /** The host that has a tenant, or null. */
  findHostOf(slug: string): string | null;
  listTenants(query: PageQuery): Page<TenantRow>;
  arrive(arrival: Arrival): Promise<void>;
  leave(host: string, at: string): Promise<void>;
  /**
   * Takes a host's report in place of the one before. A tenant that another host reports stays that one's until it no
   * longer does; the slugs that were left out because of it.
   */
  report(host: string, report: Report, at: string): Promise<string[]>;
}

/** The host that has a tenant, or null. */
export function findHostOf(sql: Sql, slug: string): string | null {
  const row = sql.get('SELECT host FROM tenants WHERE slug = ?', [slug]);
  return row === undefined ? null : String(row['host']);
}

/** Why nothing can be asked of a tenant that nobody has reported. */
export function unknownTenant(slug: string): AppError {
  return new AppError('unknown-tenant', `no host has reported a tenant ${slug}`, {
    hint: '`drover tenants` lists those that there are; a tenant file on a connected host makes one.',
  });
}

export function createHostStore(database: StoreDatabase): HostStore {
  const { read } = database;
  return {
    find(host) {
      const row = read.get('SELECT * FROM hosts WHERE host = ?', [host]);
      return row === undefined ? null : hostRow.parse(row);
    },
    list({ limit, cursor = '' }) {
      const rows = read.all('SELECT * FROM hosts WHERE host > ? ORDER BY host LIMIT ?', [cursor, limit + 1]);
      const items = rows.slice(0, limit).map((row) => hostRow.parse(row));
      return { items, next: rows.length > limit ? (items.at(-1)?.host ?? null) : null };
    },
    tenantsOf: (host) =>
      read.all('SELECT slug FROM tenants WHERE host = ? ORDER BY slug', [host]).map(({ slug }) => String(slug)),
    findTenant(slug) {
      const row = read.get('SELECT * FROM tenants WHERE slug = ?', [slug]);
      return row === undefined ? null : tenantRow.parse(row);
    },
    findHostOf: (slug) => findHostOf(read, slug),
    listTenants({ limit, cursor = '' }) {
      const rows = read.all('SELECT * FROM tenants WHERE slug > ? ORDER BY slug LIMIT ?', [cursor, limit + 1]);
      const items = rows.slice(0, limit).map((row) => tenantRow.parse(row));
      return { items, next: rows.length > limit ? (items.at(-1)?.slug ?? null) : null };
    },
    arrive: ({ host, agentVersion, protocolVersion, clockSkewMs, at }) =>
      database.write((sql) =>
        sql.run(
          `INSERT INTO hosts (host, agent_version, protocol_version, first_seen_at, connected_at, seen_at, clock_skew_ms)
             VALUES (?1, ?2, ?3, ?4, ?4, ?4, ?5)
             ON CONFLICT (host) DO UPDATE SET agent_version = ?2, protocol_version = ?3, connected_at = ?4, seen_at = ?4,
               clock_skew_ms = ?5`,
          [host, agentVersion, protocolVersion, at, Math.round(clockSkewMs)],
        ),
      ),
    leave: (host, at) => database.write((sql) => sql.run('UPDATE hosts SET seen_at = ? WHERE host = ?', [at, host])),
    report: (host, report, at) =>
      database.write((sql) => {
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
        const left: string[] = [];
        for (const tenant of report.tenants) {
          const row = sql.get(
            `INSERT INTO tenants (slug, host, reported_at, report) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (slug) DO UPDATE SET reported_at = ?3, report = ?4 WHERE host = ?2 RETURNING slug`,
            [tenant.slug, host, at, JSON.stringify(tenant)],
          );
          if (row === undefined) left.push(tenant.slug);
        }
        return left;
      }),
  };
}
