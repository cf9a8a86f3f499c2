// Writes a batch of a stream's items, and what follows from them: the upgrade's row, the end of its order, its result.
import type { Position } from '../../../shared/wire/protocol.js';
import { AppError } from '../../../shared/errors.js';
import type { Result } from '../../../shared/model/result.js';
import { controllerLimits } from '../../limits.js';
import { findAnsweredOrder } from '../answered_order.js';
import type { Sql } from './database/database.js';
import type { Summary } from '../summary.js';
import { findHostOf } from './hosts.js';
import { noteBegin, noteEnd, rolloutsChanged } from './rollouts/note_upgrade.js';
import { tellEnd, tellEvent } from './webhooks/tell_webhooks.js';
import { insertItem, type ItemRow } from './stream_items.js';

export interface Batch {
  upgrade: string;
  host: string;
  items: readonly ItemRow[];
  /** The position after the last item; so are all below. */
  position: Position;
  summary: Summary;
  /** ISO 8601, by the controller's clock. */
  receivedAt: string;
  /** The result so far. */
  result: () => Result;
}

export interface Written {
  /** Why nothing was written, or null. */
  refusal: AppError | null;
  /** The host has no room for more output. */
  isHostFull: boolean;
}

/** What a row costs besides its text. */
const rowBytes = 64;

/** What an item costs that is stored with this text, in bytes, as the limits count them. */
export function sizeOfRow(body: string): number {
  return Buffer.byteLength(body) + rowBytes;
}

/**
 * Writes the batch, or returns a refusal and writes no item: AppError `forbidden` for an upgrade that this host may not
 * begin, `too-large` for one of a host that has no room. It does not throw the refusal, which would roll the other
 * writes back.
 */
export function writeItems(sql: Sql, batch: Batch): Written {
  const { upgrade, host, items } = batch;
  const [first] = items;
  let isNew = false;
  if (first !== undefined && 'event' in first.item && first.item.event.type === 'begin') {
    const { tenant, at } = first.item.event;
    // A host may begin upgrades of its own tenants only. A tenant that no host has reported may be new there.
    const holder = findHostOf(sql, tenant) ?? host;
    if (holder !== host) return refuse(new AppError('forbidden', `${tenant} is a tenant of ${holder}, not of ${host}`));
    const insert = 'INSERT INTO upgrades (id, tenant, host, status, created_at) VALUES (?, ?, ?, ?, ?)';
    const values = [upgrade, tenant, host, 'running', at];
    isNew = sql.get(`${insert} ON CONFLICT DO NOTHING RETURNING no`, values) !== undefined;
    endOrder(sql, { id: upgrade, upgrade, host, at });
    if (findStoredBytes(sql, host) > controllerLimits.hostBytes.max) {
      const refusal = tooLarge(`the controller has no room for more of ${host}`);
      cutUpgrade(sql, { upgrade, host, at, refusal, result: batch.result(), receivedAt: batch.receivedAt });
      return refuse(refusal);
    }
  }
  const row = sql.get('SELECT no, host, tenant FROM upgrades WHERE id = ?', [upgrade]);
  if (row?.['host'] !== host) return refuse(new AppError('forbidden', `${upgrade} is no upgrade of ${host}`));
  const no = Number(row['no']);
  for (const stored of items) {
    insertItem(sql, no, stored);
    const event = 'event' in stored.item ? stored.item.event : null;
    const answered = event === null ? null : findAnsweredOrder(event);
    if (event !== null && answered !== null) endOrder(sql, { id: answered, upgrade, host, at: event.at });
  }
  noteEvents(sql, { no, tenant: String(row['tenant']), isNew }, batch);
  updateUpgrade(sql, no, batch);
  const about = { upgrade, tenant: String(row['tenant']), host, at: batch.receivedAt };
  for (const { item } of items) {
    if ('event' in item) tellEvent(sql, item.event, { upgrade: about, versions: batch.summary });
  }
  return { refusal: null, isHostFull: addBytes(sql, no, batch) > controllerLimits.hostBytes.max };
}

const refuse = (refusal: AppError): Written => ({ refusal, isHostFull: false });

/** How much is stored of a host. */
export function findStoredBytes(sql: Sql, host: string): number {
  return Number(sql.get('SELECT stored_bytes FROM hosts WHERE host = ?', [host])?.['stored_bytes'] ?? 0);
}

/** AppError `too-large`, for what the controller does not store. */
export function tooLarge(why: string): AppError {
  return new AppError('too-large', why, {
    hint: "The upgrade's host has the rest, and knows how it ended: `drover-agent status` there.",
  });
}

/** Ends an upgrade here whose journal is not stored whole. Its host may still run it; the rest is not asked for. */
export function cutUpgrade(
  sql: Sql,
  cut: { upgrade: string; host: string; at: string; refusal: AppError; result: Result; receivedAt: string },
): void {
  const { code, message, hint = '' } = cut.refusal;
  const failure = { step: null, code, message, hint, output_tail: '', needs_operator: true };
  const result: Result = { ...cut.result, status: 'failed', finished_at: cut.at, failure };
  sql.run(
    `UPDATE upgrades SET status = 'failed', finished_at = ?, step = NULL, message = ?, needs_operator = 1, result = ?,
       received_at = ?, is_cut = 1 WHERE id = ? AND host = ?`,
    [cut.at, message, JSON.stringify(result), cut.receivedAt, cut.upgrade, cut.host],
  );
  const row = sql.get('SELECT no, tenant FROM upgrades WHERE id = ? AND host = ?', [cut.upgrade, cut.host]);
  const tenant = row?.['tenant'];
  if (typeof tenant !== 'string') return;
  const about = { upgrade: cut.upgrade, tenant, host: cut.host, at: cut.receivedAt };
  tellEnd(sql, about, { ...result, finished_at: cut.at });
  noteResult(sql, { no: Number(row?.['no']), tenant, host: cut.host, at: cut.receivedAt }, result);
}

/** Tells rollouts of the begin among these items, and that an upgrade runs again. */
function noteEvents(
  sql: Sql,
  { isNew, ...about }: { no: number; tenant: string; isNew: boolean },
  { items, host, receivedAt: at }: Batch,
): void {
  for (const { item } of items) {
    if (!('event' in item)) continue;
    const { event } = item;
    if (event.type === 'begin') noteBegin(sql, { ...about, host, at }, { event, isNew });
    if (event.type === 'rollback' || event.type === 'resume') sql.notify(rolloutsChanged);
  }
}

/** Tells rollouts of an end. */
function noteResult(
  sql: Sql,
  about: Omit<Parameters<typeof noteEnd>[1], 'status' | 'failure' | 'commit' | 'hasSteps'>,
  result: Result,
): void {
  const { status, failure, commit, steps } = result;
  noteEnd(sql, { ...about, status, failure, commit, hasSteps: steps.length > 0 });
}

/** Updates the upgrade's row, with the result once it has ended. */
function updateUpgrade(sql: Sql, no: number, batch: Batch): void {
  const { items, position, summary, result, receivedAt } = batch;
  const ended = summary.finished_at === null ? null : result();
  const row = sql.get(
    `UPDATE upgrades SET status = ?, previous_version = ?, new_version = ?, current_version = ?, started_at = ?,
       finished_at = ?, step = ?, message = ?, needs_operator = ?, items = ?, events = ?, outputs = ?, result = ?,
       received_at = ? WHERE no = ? RETURNING tenant`,
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
      ended === null ? null : JSON.stringify(ended),
      ended === null ? null : receivedAt,
      no,
    ],
  );
  const tenant = String(row?.['tenant']);
  if (ended !== null) noteResult(sql, { no, tenant, host: batch.host, at: receivedAt }, ended);
}

/**
 * Counts the batch for its upgrade and its host; returns how much is stored of the host. It adds to what the row says,
 * which a removal of the log may have set back while the stream was open.
 */
function addBytes(sql: Sql, no: number, { host, items }: Batch): number {
  let [eventBytes, outputBytes] = [0, 0];
  for (const { item, body } of items) {
    if ('event' in item) eventBytes += sizeOfRow(body);
    else outputBytes += sizeOfRow(body);
  }
  sql.run('UPDATE upgrades SET event_bytes = event_bytes + ?, output_bytes = output_bytes + ? WHERE no = ?', [
    eventBytes,
    outputBytes,
    no,
  ]);
  const total = 'UPDATE hosts SET stored_bytes = stored_bytes + ? WHERE host = ? RETURNING stored_bytes';
  return Number(sql.get(total, [eventBytes + outputBytes, host])?.['stored_bytes'] ?? 0);
}

/** Ends an order. Only the journal of the order's own host answers it. */
function endOrder(sql: Sql, order: { id: string; upgrade: string; host: string; at: string }): void {
  const { id, upgrade, host, at } = order;
  const which = 'id = ? AND host = ? AND ended_at IS NULL';
  sql.run(`UPDATE orders SET ended_at = ?, upgrade = ? WHERE ${which}`, [at, upgrade, id, host]);
}
