// The deliveries of webhooks, as rows: which is due, the log, and how attempts end.
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import { webhookDeliveryStates, type WebhookDeliveriesQuery } from '../../../../shared/wire/webhooks_api.js';
import type { Attempt, DueDelivery, StoredDelivery } from '../../webhooks.js';
import type { Sql } from '../database/database.js';
import { pageOf } from '../page.js';

/** The secrets that sign beside the last one. */
export const oldSecretsColumn = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.array(z.object({ secret: z.string(), until: z.string() })));

/** AppError `not-found`, for one that is not there, or no more. */
export function unknownDelivery(name: string, sequence: number): AppError {
  return new AppError('not-found', `the webhook ${name} has no delivery ${sequence}, or no more`, {
    hint: `\`drover webhooks deliveries ${name}\` lists them.`,
  });
}

const deliveryColumns =
  'sequence, event AS id, kind, tenant, host, at, state, attempts, attempted_at, status, error, next_at';
const deliveryRow = z.object({
  sequence: z.number(),
  id: z.string(),
  kind: z.string(),
  tenant: z.string().nullable(),
  host: z.string().nullable(),
  at: z.string(),
  state: z.enum(webhookDeliveryStates),
  attempts: z.number(),
  attempted_at: z.string().nullable(),
  status: z.number().nullable(),
  error: z.string().nullable(),
  next_at: z.string().nullable(),
});
const toDelivery = (row: Readonly<Record<string, unknown>>): StoredDelivery => deliveryRow.parse(row);

/** One of this webhook, or null. */
export function findDelivery(sql: Sql, webhook: string, sequence: number): StoredDelivery | null {
  const query = `SELECT ${deliveryColumns} FROM webhook_deliveries WHERE webhook = ? AND sequence = ?`;
  const row = sql.get(query, [webhook, sequence]);
  return row === undefined ? null : toDelivery(row);
}

/** A page, the latest first; the cursor is the number of the last one shown. */
export function listDeliveries(sql: Sql, webhook: string, { limit, cursor, state }: WebhookDeliveriesQuery) {
  const filters = [
    ['webhook = ?', webhook] as const,
    ['sequence < ?', cursor === undefined ? undefined : Number(cursor)] as const,
    ['state = ?', state] as const,
  ].flatMap(([where, value]) => (value === undefined ? [] : [{ where, value }]));
  const rows = sql.all(
    `SELECT ${deliveryColumns} FROM webhook_deliveries WHERE ${filters.map(({ where }) => where).join(' AND ')}
       ORDER BY sequence DESC LIMIT ?`,
    [...filters.map(({ value }) => value), limit + 1],
  );
  return pageOf(rows, { limit, key: 'sequence', of: toDelivery });
}

const dueRow = z.object({
  url: z.string(),
  secret: z.string(),
  old_secrets: oldSecretsColumn,
  sequence: z.number(),
  id: z.string(),
  kind: z.string(),
  at: z.string(),
  data: z.string(),
  attempts: z.number(),
  next_at: z.string(),
  until: z.string(),
});

/** The first delivery of this webhook that waits, or null. */
export function findFirst(sql: Sql, id: string): DueDelivery | null {
  const row = sql.get(
    `SELECT url, secret, old_secrets, due.sequence, event AS id, kind, at, data, attempts, next_at, until
       FROM webhook_deliveries due JOIN webhooks ON webhooks.id = webhook
       WHERE webhook = ? AND state = 'waiting' ORDER BY due.sequence LIMIT 1`,
    [id],
  );
  return row === undefined ? null : dueRow.parse(row);
}

/** Stores the end of an attempt, unless the delivery was asked for anew meanwhile. */
export function noteAttempt(sql: Sql, { webhook, sequence, attempts, at, status, error, outcome }: Attempt): void {
  const { state } = outcome;
  sql.run(
    `UPDATE webhook_deliveries SET state = ?, attempts = attempts + 1, attempted_at = ?, status = ?, error = ?,
       next_at = ?, ended_at = ? WHERE webhook = ? AND sequence = ? AND attempts = ? AND state = 'waiting'`,
    [
      state,
      at,
      status,
      error,
      state === 'waiting' ? outcome.next_at : null,
      state === 'waiting' ? null : at,
      webhook,
      sequence,
      attempts,
    ],
  );
}

/** Removes at most `limit` that ended before `before`; returns how many. */
export function prune(sql: Sql, before: string, limit: number): number {
  const rows = sql.all('SELECT webhook, sequence FROM webhook_deliveries WHERE ended_at < ? LIMIT ?', [before, limit]);
  for (const { webhook, sequence } of rows) {
    sql.run('DELETE FROM webhook_deliveries WHERE webhook = ? AND sequence = ?', [String(webhook), Number(sequence)]);
  }
  return rows.length;
}
