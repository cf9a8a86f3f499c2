// The audit log. Entries are written in the transaction of the change that they name, and never changed.
import type { Selection } from '../../../../shared/selection/selection.js';
import type { AuditQuery } from '../../../../shared/wire/access_api.js';
import type { Page } from '../../../../shared/wire/api.js';
import type { AuditEntry, StoredAuditEntry } from '../../access.js';
import type { Sql } from '../database/database.js';
import { pageOf } from '../page.js';
import { toAuditEntry } from './access_rows.js';
import { always, amongScope, hostInScope, inScope } from '../selection_sql.js';

const append = `INSERT INTO audit (at, token, name, address, reason, action, tenant, host, target)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Appends it in this transaction, after which the process log tells of it. */
export function appendAudit(sql: Sql, entry: AuditEntry): void {
  const { at, token, name, address, reason, action, tenant, host, target } = entry;
  sql.run(append, [at, token, name, address, reason, action, tenant, host, target]);
  sql.tell(entry);
}

const appendAll = `INSERT INTO audit (at, token, name, address, reason, action, tenant, host, target)
  SELECT ?2, ?3, ?4, ?5, ?6, ?7, value ->> 1, value ->> 2, value ->> 0 FROM json_each(?1)`;

/** What one of many changes was done to. */
export type ChangedThing = Pick<AuditEntry, 'target' | 'tenant' | 'host'>;

/** Appends an entry for each thing, in their order, as `appendAudit` does. */
export function appendAudits(
  sql: Sql,
  entry: Omit<AuditEntry, keyof ChangedThing>,
  things: readonly ChangedThing[],
): void {
  const { at, token, name, address, reason, action } = entry;
  const json = JSON.stringify(things.map(({ target, tenant, host }) => [target, tenant, host]));
  sql.run(appendAll, [json, at, token, name, address, reason, action]);
  for (const thing of things) sql.tell({ ...entry, ...thing });
}

/**
 * The latest first. With a scope: only what was done to a tenant that is in it, and without names of hosts that are not.
 */
export function listAudit(sql: Sql, query: AuditQuery, scope: Selection | null): Page<StoredAuditEntry> {
  const { limit, cursor, tenant, host, by, action } = query;
  const seen = tenant === undefined ? amongScope(scope, 'tenant') : inScope(scope, 'tenant');
  const filters = [
    { where: 'no < ?', value: cursor === undefined ? undefined : Number(cursor) },
    { where: 'tenant = ?', value: tenant },
    { where: 'name = ?', value: by },
    { where: 'action = ?', value: action },
  ].flatMap(({ where, value }) => (value === undefined ? [] : [{ where, value }]));
  const [own, from] = [hostInScope(scope, 'audit.host'), hostInScope(scope, 'audit.target')];
  const columns = `no, at, token, name, address, reason, action, tenant, iif(${own.sql}, host, NULL) AS host,
    iif(action <> 'tenants.move' OR ${from.sql}, target, NULL) AS target`;
  // Whether an entry is of a host that is not seen, a filter must not tell either.
  const ofHost = host === undefined ? always : { sql: `host = ? AND ${own.sql}`, values: [host, ...own.values] };
  const where = [seen.sql, ofHost.sql, ...filters.map((filter) => filter.where)].join(' AND ');
  const conditions = [own, from, seen, ofHost].flatMap(({ values }) => values);
  const values = [...conditions, ...filters.map(({ value }) => value), limit + 1];
  const rows = sql.all(`SELECT ${columns} FROM audit WHERE ${where} ORDER BY no DESC LIMIT ?`, values);
  return pageOf(rows, { limit, key: 'no', of: toAuditEntry });
}
