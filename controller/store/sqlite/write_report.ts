// Writes what hosts report. Rows are written only where something has changed.
import type { Report, ReportedTenant } from '../../../shared/model/report/report.js';
import type { ReportChanges } from '../../../shared/model/report/report_changes.js';
import { AppError } from '../../../shared/errors.js';
import { versionKey } from '../../../shared/version_key.js';
import { sharedLimits } from '../../../shared/limits.js';
import type { Sql } from './database/database.js';
import { tellDrift } from './webhooks/tell_webhooks.js';
import { noteVersion } from './tenant_versions.js';

/** A host and the time of its report. */
interface Reporting {
  host: string;
  /** ISO 8601. */
  at: string;
}

/**
 * Writes the whole report of a host, or changes of it; returns the reported slugs that it does not get. Returns AppError
 * `protocol`, and writes nothing, for changes after which the host has too many tenants.
 */
export function writeReport(
  sql: Sql,
  { report, ...reporting }: Reporting & { report: Report | ReportChanges },
): string[] | AppError {
  const { host } = reporting;
  if (report.type === 'report_changes') {
    const refusal = refuseTooMany(sql, host, report);
    if (refusal !== null) return refusal;
  }
  writeHost(sql, reporting, report);
  if (report.type === 'report') writeWhole(sql, reporting, report.tenants);
  else writeChanges(sql, reporting, report);
  const claims = listClaims(sql, host);
  if (report.type === 'report' || claims.length === 0) return claims;
  const changed = new Set(report.tenants.map(({ slug }) => slug));
  return claims.filter((slug) => changed.has(slug));
}

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));

/** A report with figures also says when the host was seen. */
function writeHost(
  sql: Sql,
  { host, at }: Reporting,
  { facts, figures, problems }: Pick<ReportChanges, 'facts' | 'figures' | 'problems'>,
): void {
  if (facts !== undefined || problems !== undefined) {
    sql.run(
      `UPDATE hosts SET facts = COALESCE(?2, facts), problems = COALESCE(?3, problems) WHERE host = ?1
         AND (facts IS NOT COALESCE(?2, facts) OR problems IS NOT COALESCE(?3, problems))`,
      [host, json(facts), json(problems)],
    );
  }
  if (figures === undefined) return;
  sql.run('UPDATE hosts SET figures = ?, seen_at = ? WHERE host = ?', [JSON.stringify(figures), at, host]);
}

function writeWhole(sql: Sql, reporting: Reporting, tenants: readonly ReportedTenant[]): void {
  const stored = readReports(sql, reporting.host);
  for (const tenant of tenants) {
    if (!isSame(stored.get(tenant.slug), tenant)) writeTenant(sql, reporting, tenant);
    stored.delete(tenant.slug);
  }
  for (const slug of stored.keys()) removeTenant(sql, reporting, slug);
}

function writeChanges(sql: Sql, reporting: Reporting, { tenants, gone }: ReportChanges): void {
  for (const tenant of tenants) writeTenant(sql, reporting, tenant);
  for (const slug of gone) if (hasReported(sql, slug, reporting.host)) removeTenant(sql, reporting, slug);
}

const hasReported = (sql: Sql, slug: string, host: string) =>
  sql.get('SELECT 1 FROM tenants WHERE slug = ? AND host = ?', [slug, host]) !== undefined;

function refuseTooMany(sql: Sql, host: string, { tenants, gone }: ReportChanges): AppError | null {
  const added = tenants.filter(({ slug }) => !hasReported(sql, slug, host)).length;
  if (added === 0) return null;
  const left = gone.filter((slug) => hasReported(sql, slug, host)).length;
  const { count } = sql.get('SELECT count(*) AS count FROM tenants WHERE host = ?', [host]) ?? {};
  const { max } = sharedLimits.tenants;
  return Number(count) - left + added > max ? new AppError('protocol', `a report of more than ${max} tenants`) : null;
}

interface StoredReport {
  report: string;
  key: unknown;
  isClaim: boolean;
}

function readReports(sql: Sql, host: string): Map<string, StoredReport> {
  const rows = sql.all('SELECT slug, report, version_key AS key, held_by FROM tenants WHERE host = ?', [host]);
  return new Map(
    rows.map(({ slug, report, key, held_by }) => [
      String(slug),
      { report: String(report), key, isClaim: held_by !== null },
    ]),
  );
}

/** A claim counts as changed: nobody may have the slug any more. */
const isSame = (stored: StoredReport | undefined, tenant: ReportedTenant) =>
  stored?.isClaim === false && stored.report === JSON.stringify(tenant) && stored.key === keyOf(tenant).key;

const keyOf = ({ version }: ReportedTenant): { prefix: string | null; key: string | null } =>
  (version === null ? null : versionKey(version)) ?? { prefix: null, key: null };

/** Writes a tenant that is new to the host, or has changed there. */
function writeTenant(sql: Sql, { host, at }: Reporting, tenant: ReportedTenant): void {
  const { slug, drift } = tenant;
  const holder = findHolder(sql, slug) ?? take(sql, { host, at }, slug);
  if (holder?.host === host) tellDrift(sql, { host, at, tenant });
  const { prefix, key } = keyOf(tenant);
  sql.run(
    `INSERT INTO tenants (slug, host, held_by, reported_at, report, has_drift, version_prefix, version_key)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (slug, host) DO UPDATE SET held_by = ?3, reported_at = ?4,
       report = ?5, has_drift = ?6, version_prefix = ?7, version_key = ?8`,
    [
      slug,
      host,
      holder?.host === host ? null : (holder?.host ?? ''),
      at,
      JSON.stringify(tenant),
      drift === null ? 0 : 1,
      prefix,
      key,
    ],
  );
  if (holder?.host !== host) return;
  if (holder.missingSince !== null) sql.run('UPDATE slugs SET missing_since = NULL WHERE slug = ?', [slug]);
  noteVersion(sql, { host, at, tenant });
}

interface Holder {
  host: string;
  missingSince: unknown;
}

function findHolder(sql: Sql, slug: string): Holder | null {
  const row = sql.get('SELECT host, missing_since FROM slugs WHERE slug = ?', [slug]);
  return row === undefined ? null : { host: String(row['host']), missingSince: row['missing_since'] };
}

/** Gives a slug that nobody has to the host that reports it; null where the host has too many. */
function take(sql: Sql, { host, at }: Reporting, slug: string): Holder | null {
  const { count } = sql.get('SELECT count(*) AS count FROM slugs WHERE host = ?', [host]) ?? {};
  if (Number(count) >= sharedLimits.ownTenants.max) return null;
  sql.run('INSERT INTO slugs (slug, host, since) VALUES (?, ?, ?)', [slug, host, at]);
  return { host, missingSince: null };
}

/** Of a tenant that the host no longer reports. The slug stays with the host. */
function removeTenant(sql: Sql, { host, at }: Reporting, slug: string): void {
  sql.run('DELETE FROM tenants WHERE slug = ? AND host = ?', [slug, host]);
  sql.run('UPDATE slugs SET missing_since = ? WHERE slug = ? AND host = ?', [at, slug, host]);
}

/** The slugs that the host reports and another one has. */
function listClaims(sql: Sql, host: string): string[] {
  const rows = sql.all('SELECT slug FROM tenants WHERE host = ? AND held_by IS NOT NULL ORDER BY slug', [host]);
  return rows.map(({ slug }) => String(slug));
}
