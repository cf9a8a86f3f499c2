// A backup of the store: a copy in which every rollout is paused.
import { showTime } from '../../../../shared/os/clock.js';
import { copyDatabase } from './database_copy.js';

/** Copies the store in `from`, which may be in use, into the empty file `to`; `at` is now, ISO 8601. */
export function backUpStore({ from, to, at }: { from: string; to: string; at: string }): void {
  const why = `restored from a backup of ${showTime(at)} UTC; look what hosts did since, then resume`;
  // One that aborts only ends what it has started.
  const sql = `UPDATE rollouts SET state = 'paused', since = ?1, why = ?2 WHERE ended_at IS NULL AND state <> 'aborting'`;
  copyDatabase({ from, to }, [{ table: 'rollouts', sql, values: [at, why] }]);
}
