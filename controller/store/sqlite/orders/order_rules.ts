// What an order has to do with those before it: keys, cancels, open upgrades.
import { AppError } from '../../../../shared/errors.js';
import type { Key } from '../../access.js';
import type { Placed } from '../../port.js';
import type { Sql } from '../database/database.js';
import { findKeyed } from './keys.js';
import { openAbout } from './open_orders.js';

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
