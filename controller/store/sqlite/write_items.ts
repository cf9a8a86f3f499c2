// Writes a batch of a stream's items, and what follows from them: the upgrade's row, the end of its order, its result.
import type { Position } from '../../../shared/wire/protocol.js';
import { AppError } from '../../../shared/errors.js';
import { deriveResult } from '../../../shared/model/derive_result.js';
import type { Sql } from './database.js';
import type { StoredItem } from '../stored.js';
import type { Summary } from '../summary.js';
import { findHostOf } from './hosts.js';
import { insertItem, readStoredEvents } from './stream_items.js';

export interface Batch {
  upgrade: string;
  host: string;
  items: readonly StoredItem[];
  /** The position after the last item; so is `summary`. */
  position: Position;
  summary: Summary;
  /** ISO 8601, by the controller's clock. */
  receivedAt: string;
}

/**
 * Writes the batch, or returns a refusal and writes nothing: AppError `forbidden` for an upgrade that this host may not
 * begin. It does not throw the refusal, which would roll the other writes back.
 */
export function writeItems(sql: Sql, batch: Batch): AppError | null {
  const { upgrade, host, items } = batch;
  const [first] = items;
  if (first !== undefined && 'event' in first.item && first.item.event.type === 'begin') {
    const { tenant, at } = first.item.event;
    // A host may begin upgrades of its own tenants only. A tenant that no host has reported may be new there.
    const holder = findHostOf(sql, tenant) ?? host;
    if (holder !== host) return new AppError('forbidden', `${tenant} is a tenant of ${holder}, not of ${host}`);
    sql.run('INSERT OR IGNORE INTO upgrades (id, tenant, host, status, created_at) VALUES (?, ?, ?, ?, ?)', [
      upgrade,
      tenant,
      host,
      'running',
      at,
    ]);
    endOrder(sql, { id: upgrade, upgrade, host, at });
  }
  const row = sql.get('SELECT no, host FROM upgrades WHERE id = ?', [upgrade]);
  if (row?.['host'] !== host) return new AppError('forbidden', `${upgrade} is no upgrade of ${host}`);
  const no = Number(row['no']);
  for (const stored of items) {
    insertItem(sql, no, stored);
    const event = 'event' in stored.item ? stored.item.event : null;
    if (event?.type === 'rollback') endOrder(sql, { id: event.id, upgrade, host, at: event.at });
  }
  updateUpgrade(sql, no, batch);
  return null;
}

/** Updates the upgrade's row, with the result once it has ended. */
function updateUpgrade(sql: Sql, no: number, { upgrade, items, position, summary, receivedAt }: Batch): void {
  const isOver = summary.finished_at !== null;
  sql.run(
    `UPDATE upgrades SET status = ?, previous_version = ?, new_version = ?, current_version = ?, started_at = ?,
       finished_at = ?, step = ?, message = ?, needs_operator = ?, items = ?, events = ?, outputs = ?, result = ?,
       received_at = ?
       WHERE no = ?`,
    [
      summary.status,
      summary.previous_version,
      summary.new_version,
      summary.current_version,
      summary.started_at,
      summary.finished_at,
      summary.step,
      summary.message,
      summary.needs_operator ? 1 : 0,
      items.at(-1)?.seq ?? 0,
      position.events,
      JSON.stringify(position.outputs),
      isOver ? JSON.stringify(deriveResult(readStoredEvents(sql, upgrade))) : null,
      isOver ? receivedAt : null,
      no,
    ],
  );
}

/** Ends an order. Only the journal of the order's own host answers it. */
function endOrder(sql: Sql, order: { id: string; upgrade: string; host: string; at: string }): void {
  const { id, upgrade, host, at } = order;
  const which = 'id = ? AND host = ? AND ended_at IS NULL';
  sql.run(`UPDATE orders SET ended_at = ?, upgrade = ? WHERE ${which}`, [at, upgrade, id, host]);
}
