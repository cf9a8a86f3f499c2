// The rows of a stream, one per item: an event as JSON, a piece of output as plain text. Most rows are output, and reading
// events skips them.
import { z } from 'zod';
import { eventSchema, type Event } from '../../../shared/model/journal/events.js';
import { stubEvent } from '../../../shared/model/journal/stub_event.js';
import type { StoredItem } from '../stored.js';
import type { Sql } from './database/database.js';

const streamRow = z.union([
  z.object({ seq: z.number(), key: z.null(), body: z.string() }),
  z.object({ seq: z.number(), key: z.string(), at: z.number(), next: z.number(), body: z.string() }),
]);

/** The number of an upgrade. Stream rows have it instead of the long id. */
const numberOf = '(SELECT no FROM upgrades WHERE id = ?)';

/** An item with the text of its row: its event as JSON, or its output. */
export interface ItemRow extends StoredItem {
  body: string;
}

/** Writes an item; `no` is the number of the upgrade. */
export function insertItem(sql: Sql, no: number, { seq, item, body }: ItemRow): void {
  const place = 'event' in item ? [null, null, null] : [item.output.key, item.output.at, item.output.next];
  sql.run('INSERT INTO stream_items (upgrade, seq, key, at, next, body) VALUES (?, ?, ?, ?, ?, ?)', [
    no,
    seq,
    ...place,
    body,
  ]);
}

/** Items after number `after`, at most `limit`. */
export function readItems(sql: Sql, { id, after, limit }: { id: string; after: number; limit: number }): StoredItem[] {
  const rows = sql.all(
    `SELECT seq, key, at, next, body FROM stream_items WHERE upgrade = ${numberOf} AND seq > ? ORDER BY seq LIMIT ?`,
    [id, after, limit],
  );
  return rows.map((columns) => {
    const row = streamRow.parse(columns);
    if (row.key === null) return { seq: row.seq, item: { event: parseEvent(row.body) } };
    const { seq, key, at, next, body: text } = row;
    return { seq, item: { output: { key, at, next, text } } };
  });
}

/** The stored events among the items after number `after`, up to number `last`. */
export function readEvents(sql: Sql, id: string, { after, last }: { after: number; last: number }): Event[] {
  const rows = sql.all(
    `SELECT body FROM stream_items WHERE upgrade = ${numberOf} AND seq > ? AND seq <= ? AND key IS NULL ORDER BY seq`,
    [id, after, last],
  );
  return rows.map(({ body }) => parseEvent(String(body)));
}

/** The stored events `command` and `exit`, which say which hooks ran. */
export function readCommandEvents(sql: Sql, id: string): Event[] {
  const rows = sql.all(
    `SELECT body FROM stream_items WHERE upgrade = ${numberOf} AND key IS NULL
       AND json_extract(body, '$.type') IN ('command', 'exit') ORDER BY seq`,
    [id],
  );
  return rows.map(({ body }) => parseEvent(String(body)));
}

/** An event that was stored before there were limits may be over them: then a stub of it. */
function parseEvent(body: string): Event {
  const value: unknown = JSON.parse(body);
  const parsed = eventSchema.safeParse(value);
  return parsed.success ? parsed.data : (stubEvent(value) ?? eventSchema.parse(value));
}
