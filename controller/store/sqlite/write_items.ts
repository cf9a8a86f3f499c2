// Writes a batch of a stream's items, with what follows from them: the upgrade's line, the end of its order, its result.
import type { Position } from '../../../shared/wire/protocol.js';
import { deriveResult } from '../../../shared/model/derive_result.js';
import type { Sql } from './database.js';
import { insertItem, readStoredEvents, type StoredItem } from './stream_items.js';
import type { Summary } from '../summary.js';

/** `position` and `summary` are those after the last of the items. */
export function writeItems(
  sql: Sql,
  batch: { upgrade: string; host: string; items: readonly StoredItem[]; position: Position; summary: Summary },
): void {
  const { upgrade, host, items, position, summary } = batch;
  const [first] = items;
  if (first !== undefined && 'event' in first.item && first.item.event.type === 'begin') {
    const begin = first.item.event;
    sql.run('INSERT OR IGNORE INTO upgrades (id, tenant, host, status, created_at) VALUES (?, ?, ?, ?, ?)', [
      upgrade,
      begin.tenant,
      host,
      'running',
      begin.at,
    ]);
    endOrder(sql, { id: upgrade, upgrade, host, at: begin.at });
  }
  const no = Number(sql.get('SELECT no FROM upgrades WHERE id = ?', [upgrade])?.['no']);
  for (const stored of items) {
    insertItem(sql, no, stored);
    const event = 'event' in stored.item ? stored.item.event : null;
    if (event?.type === 'rollback') endOrder(sql, { id: event.id, upgrade, host, at: event.at });
  }
  const isOver = summary.finished_at !== null;
  sql.run(
    `UPDATE upgrades SET status = ?, previous_version = ?, new_version = ?, current_version = ?, started_at = ?,
       finished_at = ?, step = ?, message = ?, needs_operator = ?, items = ?, events = ?, outputs = ?, result = ?
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
      summary.needs_operator,
      items.at(-1)?.seq ?? 0,
      position.events,
      JSON.stringify(position.outputs),
      isOver ? JSON.stringify(deriveResult(readStoredEvents(sql, no))) : null,
      no,
    ],
  );
}

/** The journal of the host that owes the order is the answer to it, and it needs no other; no other host's is. */
function endOrder(sql: Sql, order: { id: string; upgrade: string; host: string; at: string }): void {
  const { id, upgrade, host, at } = order;
  const which = 'id = ? AND host = ? AND ended_at IS NULL';
  sql.run(`UPDATE orders SET ended_at = ?, upgrade = ? WHERE ${which}`, [at, upgrade, id, host]);
}
