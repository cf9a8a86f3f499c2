// What webhooks are told of upgrades, tenants and hosts. Each is called in the transaction of the change.
import type { Event } from '../../../../shared/model/journal/events.js';
import type { ReportedTenant } from '../../../../shared/model/report/report.js';
import type { Failure, Result } from '../../../../shared/model/result.js';
import type { Summary } from '../../summary.js';
import type { Sql } from '../database/database.js';
import { isWanted, queueEvent } from './webhook_events.js';

interface Upgrade {
  upgrade: string;
  tenant: string;
  host: string;
  /** ISO 8601, by the controller's clock. */
  at: string;
}

type Versions = Pick<Summary, 'previous_version' | 'new_version'>;

/** Of an event of a journal: that its upgrade begins, ends or needs an operator; of other events nothing. */
export function tellEvent(
  sql: Sql,
  event: Event,
  { upgrade, versions }: { upgrade: Upgrade; versions: Versions },
): void {
  if (event.type === 'finish') {
    const { status, current_version, services = null, failure, at } = event;
    return tellEnd(sql, upgrade, { ...versions, status, current_version, services, failure, finished_at: at });
  }
  const what = whatBegins(event);
  if (what === null) return;
  const { at, ...about } = upgrade;
  const data = { ...about, previous_version: versions.previous_version, new_version: versions.new_version, what };
  queueEvent(sql, { kind: 'upgrade.began', data: { ...data, at: event.at } }, { ...about, at });
}

function whatBegins(event: Event): 'upgrade' | 'rollback' | 'resume' | null {
  if (event.type === 'begin') return 'upgrade';
  if (event.type === 'rollback') return 'rollback';
  return event.type === 'resume' && !event.accept ? 'resume' : null;
}

type Ended = Pick<
  Result,
  'previous_version' | 'new_version' | 'current_version' | 'status' | 'services' | 'failure'
> & {
  finished_at: string;
};

/** That an upgrade has ended, also one that never began; and that it needs an operator. */
export function tellEnd(sql: Sql, { at, ...about }: Upgrade, ended: Ended): void {
  const { previous_version, new_version, current_version, status, services, failure, finished_at } = ended;
  const why = failure === null ? null : explain(failure);
  const versions = { previous_version, new_version, current_version };
  const data = { ...about, ...versions, status, services, failure: why, at: finished_at };
  queueEvent(sql, { kind: 'upgrade.ended', data }, { ...about, at });
  if (failure?.needs_operator !== true) return;
  queueEvent(sql, { kind: 'upgrade.needs_operator', data }, { ...about, at });
}

/** Without what the command printed: that stays with those who may see the upgrade's log. */
function explain({ step, code, message, hint, needs_operator }: Failure) {
  return { step, code, message, hint: hint ?? null, needs_operator };
}

/** That the work tree of a tenant was moved by hand, or moved back. Call it before the report of the tenant is stored. */
export function tellDrift(sql: Sql, { host, at, tenant }: { host: string; at: string; tenant: ReportedTenant }): void {
  if (!isWanted(sql, 'tenant.drift')) return;
  const { slug, version, drift } = tenant;
  const query = `SELECT json_extract(report, '$.drift') AS drift FROM tenants WHERE slug = ? AND host = ?`;
  const before = sql.get(query, [slug, host])?.['drift'] ?? null;
  if (before === drift) return;
  queueEvent(sql, { kind: 'tenant.drift', data: { tenant: slug, host, version, drift } }, { tenant: slug, host, at });
}

/** That a host is connected, where it counted as offline. */
export function tellConnected(sql: Sql, host: string, at: string): void {
  const added = sql.get('INSERT INTO online_hosts (host) VALUES (?) ON CONFLICT DO NOTHING RETURNING host', [host]);
  if (added === undefined) return;
  queueEvent(sql, { kind: 'host.connected', data: { host } }, { tenant: null, host, at });
}

/** That a host is offline, where it counted as connected. */
export function tellOffline(sql: Sql, host: string, at: string): void {
  if (sql.get('DELETE FROM online_hosts WHERE host = ? RETURNING host', [host]) === undefined) return;
  const seen = sql.get('SELECT seen_at FROM hosts WHERE host = ?', [host])?.['seen_at'];
  const seenAt = typeof seen === 'string' ? seen : at;
  queueEvent(sql, { kind: 'host.offline', data: { host, seen_at: seenAt } }, { tenant: null, host, at });
}

/** That the key of a host was revoked. */
export function tellRevoked(sql: Sql, host: string, at: string): void {
  queueEvent(sql, { kind: 'host.revoked', data: { host } }, { tenant: null, host, at });
}
