// Queues events for webhooks, in the transaction of the change that they tell of.
import type { WebhookEvent, WebhookEventKind } from '../../../../shared/model/webhook_events.js';
import { parseScope } from '../../../../shared/selection/parse_selection.js';
import { controllerLimits } from '../../../limits.js';
import type { Sql } from '../database/database.js';
import { selectScope } from '../selection_sql.js';

/** Who the event is about, for scopes: a tenant, a host with all of its tenants, or the whole fleet. */
interface Subject {
  tenant: string | null;
  host: string | null;
  /** ISO 8601, by the controller's clock. */
  at: string;
}

/** True where an endpoint wants such events: what they need is then worth reading. */
export function isWanted(sql: Sql, kind: WebhookEventKind): boolean {
  return listWanting(sql, kind).length > 0;
}

/** Adds a delivery for each endpoint that wants the event and may see what it is about; nothing where there is none. */
export function queueEvent(sql: Sql, { kind, data }: WebhookEvent, subject: Subject): void {
  const wanting = listWanting(sql, kind).filter(({ scope }) => isSeen(sql, scope, subject));
  if (wanting.length === 0) return;
  const event = makeEventId(sql);
  for (const { id } of wanting) addDelivery(sql, { webhook: id, event, kind, data: JSON.stringify(data), ...subject });
}

/** One id for all endpoints. */
export function makeEventId(sql: Sql): string {
  return String(sql.get(`SELECT 'evt_' || lower(hex(randomblob(16))) AS id`)?.['id']);
}

function listWanting(sql: Sql, kind: WebhookEventKind): { id: string; scope: string | null }[] {
  const query = 'SELECT id, scope FROM webhooks WHERE EXISTS (SELECT 1 FROM json_each(events) WHERE value = ?)';
  return sql.all(query, [kind]).map(({ id, scope }) => ({
    id: String(id),
    scope: typeof scope === 'string' ? scope : null,
  }));
}

/** As tokens see it: a host is seen by who sees a tenant of it, and what happened to a tenant by who sees both. */
function isSeen(sql: Sql, scope: string | null, { tenant, host }: Subject): boolean {
  if (scope === null) return true;
  const { sql: isIn, values } = selectScope(parseScope(scope));
  const has = (column: 'host' | 'slug', name: string) =>
    sql.get(`SELECT 1 FROM slugs WHERE ${column} = ? AND ${isIn} LIMIT 1`, [name, ...values]) !== undefined;
  // What is about neither is about the whole fleet.
  return host !== null && (tenant === null || has('slug', tenant)) && has('host', host);
}

interface NewDelivery extends Subject {
  webhook: string;
  event: string;
  kind: string;
  /** JSON. */
  data: string;
}

/** Adds it with the next number of its endpoint, due at once, and wakes the sender; returns the number. */
export function addDelivery(sql: Sql, { webhook, event, kind, tenant, host, at, data }: NewDelivery): number {
  const next = 'UPDATE webhooks SET sequence = sequence + 1 WHERE id = ? RETURNING sequence';
  const sequence = Number(sql.get(next, [webhook])?.['sequence']);
  const until = new Date(Date.parse(at) + controllerLimits.webhookTrial.max).toISOString();
  sql.run(
    `INSERT INTO webhook_deliveries (webhook, sequence, event, kind, tenant, host, at, data, state, next_at, until)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?)`,
    [webhook, sequence, event, kind, tenant, host, at, data, at, until],
  );
  // The oldest that waits is given up: an endpoint that is away must not fill the disk.
  sql.run(
    `UPDATE webhook_deliveries SET state = 'failed', next_at = NULL, ended_at = ?1, error = 'too many deliveries wait'
       WHERE webhook = ?2 AND state = 'waiting' AND sequence <= (SELECT sequence FROM webhook_deliveries
         WHERE webhook = ?2 AND state = 'waiting' ORDER BY sequence DESC LIMIT 1 OFFSET ?3)`,
    [at, webhook, controllerLimits.webhookWaiting.max],
  );
  sql.notify(webhook);
  return sequence;
}
