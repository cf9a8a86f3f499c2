// Removes the streams of upgrades that ended long ago; their results stay.
import type { Sql } from './database/database.js';

/**
 * Removes at most `limit` streams whose ends were received before `before`; returns how many. The dates in them are those
 * of their hosts' clocks and do not count.
 */
export function pruneLogs(sql: Sql, before: string, limit: number): number {
  const rows = sql.all('SELECT no FROM upgrades WHERE received_at < ? ORDER BY received_at LIMIT ?', [before, limit]);
  for (const { no } of rows) {
    sql.run('DELETE FROM stream_items WHERE upgrade = ?', [Number(no)]);
    sql.run(
      `UPDATE hosts SET stored_bytes = MAX(0, stored_bytes - (SELECT event_bytes + output_bytes FROM upgrades WHERE no = ?1))
         WHERE host = (SELECT host FROM upgrades WHERE no = ?1)`,
      [Number(no)],
    );
    // A rollback may extend the stream again: what is removed here must not be subtracted twice.
    sql.run('UPDATE upgrades SET received_at = NULL, event_bytes = 0, output_bytes = 0 WHERE no = ?', [Number(no)]);
  }
  return rows.length;
}
