// Idempotency keys: each belongs to the token that gave it and to one request, and names what that made.
import { AppError } from '../../../../shared/errors.js';
import type { Key } from '../../access.js';
import type { Sql } from '../database/database.js';

/** The id of what the request with this key made, or null; AppError `key-reused` where it was another request. */
export function findKeyed(sql: Sql, { owner, key, fingerprint }: Key): string | null | AppError {
  const known = sql.get('SELECT * FROM keys WHERE owner = ? AND key = ?', [owner, key]);
  if (known === undefined) return null;
  if (known['fingerprint'] === fingerprint) return String(known['order_id']);
  return new AppError('key-reused', `the Idempotency-Key ${key} belongs to another request`, {
    hint: 'Use a new key for each request, such as a UUID. Use the same key only to repeat a request.',
  });
}

/** Remembers what the request with this key made. */
export function addKey(sql: Sql, { owner, key, fingerprint }: Key, { id, at }: { id: string; at: string }): void {
  sql.run('INSERT INTO keys VALUES (?, ?, ?, ?, ?)', [owner, key, fingerprint, id, at]);
}
