// The rows of a story, one an item: a record as JSON, a piece of output as its text beside its place, for outputs are most
// of what is stored, and records are read without them.
import { z } from 'zod';
import { eventSchema, type Event } from '../../../shared/model/events.js';
import type { StoryItem } from '../../../shared/model/stream_item.js';
import type { Sql } from './database.js';

/** An item of a story with its place in it; places grow, and mean the same for as long as the store does. */
export interface StoredItem {
  seq: number;
  item: StoryItem;
}

const storyRow = z.union([
  z.object({ seq: z.number(), key: z.null(), body: z.string() }),
  z.object({ seq: z.number(), key: z.string(), at: z.number(), next: z.number(), body: z.string() }),
]);

/** `no` is the number of the upgrade. */
export function insertItem(sql: Sql, no: number, { seq, item }: StoredItem): void {
  const place = item.is === 'event' ? [null, null, null] : [item.key, item.at, item.next];
  sql.run('INSERT INTO story (upgrade, seq, key, at, next, body) VALUES (?, ?, ?, ?, ?, ?)', [
    no,
    seq,
    ...place,
    item.is === 'event' ? JSON.stringify(item.event) : showNul(item.text),
  ]);
}

/** The database takes a NUL for the end of a text. Agents that keep to the rules have shown it like this already. */
function showNul(text: string): string {
  return text.replaceAll('\u0000', '\u2400');
}

/** Items after the place `after`, at most `limit`. */
export function readItems(sql: Sql, { no, after, limit }: { no: number; after: number; limit: number }): StoredItem[] {
  const rows = sql.all(
    'SELECT seq, key, at, next, body FROM story WHERE upgrade = ? AND seq > ? ORDER BY seq LIMIT ?',
    [no, after, limit],
  );
  return rows.map((columns) => {
    const row = storyRow.parse(columns);
    if (row.key === null) return { seq: row.seq, item: { is: 'event', event: parseEvent(row.body) } };
    const { seq, key, at, next, body: text } = row;
    return { seq, item: { is: 'output', key, at, next, text } };
  });
}

/** All records that are stored of a story. */
export function readEvents(sql: Sql, no: number): Event[] {
  const rows = sql.all('SELECT body FROM story WHERE upgrade = ? AND key IS NULL ORDER BY seq', [no]);
  return rows.map(({ body }) => parseEvent(String(body)));
}

function parseEvent(body: string): Event {
  return eventSchema.parse(JSON.parse(body));
}
