// Removes the streams of upgrades that ended long ago; their results stay.
import { z } from 'zod';
import type { Sql } from './database.js';

const streamAge = z.object({ no: z.number(), created_at: z.string(), finished_at: z.string().nullable() });

/** Removes at most `limit` streams of upgrades that ended before `before`; returns how many. Old upgrades have low numbers. */
export function pruneLogs(sql: Sql, before: string, limit: number): number {
  let pruned = 0;
  for (let at = 0; pruned < limit; ) {
    const row = sql.get(
      `SELECT no, created_at, finished_at FROM upgrades
         WHERE no = (SELECT upgrade FROM stream_items WHERE upgrade > ? ORDER BY upgrade LIMIT 1)`,
      [at],
    );
    if (row === undefined) break;
    const { no, created_at: createdAt, finished_at: finishedAt } = streamAge.parse(row);
    if (createdAt >= before) break;
    at = no;
    if (finishedAt === null || finishedAt >= before) continue;
    sql.run('DELETE FROM stream_items WHERE upgrade = ?', [at]);
    pruned += 1;
  }
  return pruned;
}
