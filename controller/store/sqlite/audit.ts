// The audit log. Entries are written in the transaction of the change that they name, and never changed.
import type { Selection } from '../../../shared/selection/selection.js';
import type { AuditQuery } from '../../../shared/wire/access_api.js';
import type { Page } from '../../../shared/wire/api.js';
import type { AuditEntry, StoredAuditEntry } from '../access.js';
import type { Sql } from './database.js';
import { pageOf } from './page.js';
import { toAuditEntry } from './access_rows.js';
import { inScope } from './selection_sql.js';

/** Appends it in this transaction. */
export function appendAudit(sql: Sql, entry: AuditEntry): void {
  const { at, token, name, address, reason, action, tenant, host, target } = entry;
  sql.run(
    `INSERT INTO audit (at, token, name, address, reason, action, tenant, host, target) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [at, token, name, address, reason, action, tenant, host, target],
  );
}

/** The latest first. With a scope: only what was done to a tenant that is in it. */
export function listAudit(sql: Sql, query: AuditQuery, scope: Selection | null): Page<StoredAuditEntry> {
  const { limit, cursor, tenant, host, by, action } = query;
  const seen = inScope(scope, 'tenant');
  const filters = [
    ...(scope === null ? [] : [seen]),
    ...[
      ['no < ?', cursor === undefined ? undefined : Number(cursor)] as const,
      ['tenant = ?', tenant] as const,
      ['host = ?', host] as const,
      ['name = ?', by] as const,
      ['action = ?', action] as const,
    ].flatMap(([sqlText, value]) => (value === undefined ? [] : [{ sql: sqlText, values: [value] }])),
  ];
  const where = filters.length === 0 ? '' : `WHERE ${filters.map((filter) => filter.sql).join(' AND ')}`;
  const values = [...filters.flatMap((filter) => [...filter.values]), limit + 1];
  const rows = sql.all(`SELECT * FROM audit ${where} ORDER BY no DESC LIMIT ?`, values);
  return pageOf(rows, { limit, key: 'no', of: toAuditEntry });
}
