// The versions that a tenant had, as its hosts reported them: one row for each change.
import type { ReportedTenant } from '../../../shared/model/report/report.js';
import type { Selection } from '../../../shared/selection/selection.js';
import type { Page, PageQuery } from '../../../shared/wire/api.js';
import { controllerLimits } from '../../limits.js';
import type { StoredVersion } from '../stored.js';
import type { Sql } from './database/database.js';
import { pageOf } from './page.js';
import { toVersion } from './rows.js';
import { hostInScope, inScope } from './selection_sql.js';

/** A tenant as its own host reports it. */
interface Reported {
  host: string;
  /** ISO 8601. */
  at: string;
  tenant: Pick<ReportedTenant, 'slug' | 'version' | 'commit' | 'detected'>;
}

/** Appends the version if it is another one than the latest. A tenant without a version adds nothing. */
export function noteVersion(sql: Sql, { host, at, tenant }: Reported): void {
  const { slug, version, commit, detected } = tenant;
  if (version === null) return;
  const latest = 'SELECT * FROM tenant_versions WHERE slug = ? ORDER BY no DESC LIMIT 1';
  const before = sql.get(latest, [slug]);
  if (before?.['version'] === version && before['commit_id'] === commit && before['host'] === host) return;
  sql.run('INSERT INTO tenant_versions (slug, at, host, version, commit_id, detected) VALUES (?, ?, ?, ?, ?, ?)', [
    slug,
    at,
    host,
    version,
    commit,
    detected ? 1 : 0,
  ]);
  sql.run(
    `DELETE FROM tenant_versions WHERE slug = ?1 AND no <=
       (SELECT no FROM tenant_versions WHERE slug = ?1 ORDER BY no DESC LIMIT 1 OFFSET ?2)`,
    [slug, controllerLimits.versionsOfTenant.max],
  );
}

/** The latest first; the cursor is the number of the last one shown. */
export function listVersions(
  read: Sql,
  { slug, scope, limit, cursor }: PageQuery & { slug: string; scope: Selection | null },
): Page<StoredVersion> {
  const seen = inScope(scope, 'tenant_versions.slug');
  const host = hostInScope(scope, 'tenant_versions.host');
  const sql = `SELECT no, at, version, commit_id, detected, iif(${host.sql}, host, NULL) AS host FROM tenant_versions
    WHERE ${seen.sql} AND slug = ? AND no < ? ORDER BY no DESC LIMIT ?`;
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor);
  const rows = read.all(sql, [...host.values, ...seen.values, slug, before, limit + 1]);
  return pageOf(rows, { limit, key: 'no', of: toVersion });
}
