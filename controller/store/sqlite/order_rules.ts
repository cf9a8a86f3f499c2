// What an order has to do with those before it: keys, cancels, open upgrades.
import { AppError } from '../../../shared/errors.js';
import type { Key, Placed } from '../port.js';
import type { Sql } from './database.js';
import { openAbout } from './open_orders.js';

const addKey = 'INSERT INTO keys VALUES (?, ?, ?, ?, ?)';

/** Remembers the key of an order. */
export function insertKey(
  sql: Sql,
  { key: { owner, key, fingerprint }, id, at }: { key: Key; id: string; at: string },
): void {
  sql.run(addKey, [owner, key, fingerprint, id, at]);
}

/** The id of the order with this key, or null; AppError `key-reused` if the request was another one. */
export function findKeyed(sql: Sql, { owner, key, fingerprint }: Key): string | null | AppError {
  const known = sql.get('SELECT * FROM keys WHERE owner = ? AND key = ?', [owner, key]);
  if (known === undefined) return null;
  if (known['fingerprint'] === fingerprint) return String(known['order_id']);
  return new AppError('key-reused', `the Idempotency-Key ${key} belongs to another request`, {
    hint: 'Use a new key for each request, such as a UUID. Use the same key only to repeat a request.',
  });
}

/** What came of the request with this key; null where there was none. */
export function findBefore(sql: Sql, key: Key | null): Placed | AppError | null {
  const id = key === null ? null : findKeyed(sql, key);
  return id === null || id instanceof AppError ? id : { isNew: false, id };
}

/** An open cancel of the same upgrade that asks for as much: one is enough, however often it is asked for. */
export function findCancel(sql: Sql, { upgrade, force }: { upgrade: string; force: boolean }): string | null {
  const rows = sql.all(`SELECT id, body FROM orders WHERE ${openAbout} AND kind = 'cancel'`, [upgrade]);
  const same = rows.find(({ body }) => body === JSON.stringify({ force }));
  return same === undefined ? null : String(same['id']);
}

/** AppError `busy`, for a tenant with this open upgrade. */
export function busyError(tenant: string, { id, status }: { id: string; status: string }): AppError {
  return new AppError('busy', `${tenant} has an upgrade already (${id}, ${status})`, {
    hint: `\`drover logs ${id} --follow\` watches it, \`drover cancel ${id}\` ends it.`,
  });
}

/** AppError `nothing-to-do`, for a cancel of an upgrade that has ended. */
export function endedError({ id, tenant, status }: { id: string; tenant: string; status: string }): AppError {
  return new AppError('nothing-to-do', `the upgrade ${id} of ${tenant} has ended already (${status})`);
}
