// The order in which a store commits what matters of rollouts, written by its own triggers: nothing of the controller takes part.
import { DatabaseSync } from '@photostructure/sqlite';
import { z } from 'zod';

const rowSchema = z.object({
  no: z.number(),
  what: z.enum(['order', 'end', 'state', 'retry', 'freeze', 'thaw']),
  id: z.string(),
  detail: z.string().nullable(),
});
/**
 * An upgrade that was ordered (of this tenant), or ended (with this code); a rollout that came into this state; a tenant that is
 * tried again; a freeze that began, or ended.
 */
export type Committed = z.infer<typeof rowSchema>;

/** To be called before the rollout starts. */
export function logCommits(storeFile: string): void {
  const database = new DatabaseSync(storeFile, { timeout: 5000 });
  database.exec(`
    CREATE TABLE commit_log (no INTEGER PRIMARY KEY, what TEXT, id TEXT, detail TEXT);
    CREATE TRIGGER log_orders AFTER INSERT ON orders WHEN new.kind = 'upgrade' BEGIN
      INSERT INTO commit_log (what, id, detail) VALUES ('order', new.id, new.tenant);
    END;
    CREATE TRIGGER log_ends AFTER UPDATE OF ended_at ON attempts WHEN new.ended_at IS NOT NULL BEGIN
      INSERT INTO commit_log (what, id, detail)
        SELECT 'end', id, coalesce(new.failure_code, 'success') FROM upgrades WHERE no = new.upgrade;
    END;
    CREATE TRIGGER log_states AFTER UPDATE OF state ON rollouts WHEN old.state <> new.state BEGIN
      INSERT INTO commit_log (what, id, detail) VALUES ('state', new.id, new.state);
    END;
    CREATE TRIGGER log_retries AFTER UPDATE OF retried_at ON rollout_targets BEGIN
      INSERT INTO commit_log (what, id, detail) VALUES ('retry', new.rollout, new.slug);
    END;
    CREATE TRIGGER log_freezes AFTER INSERT ON freezes BEGIN
      INSERT INTO commit_log (what, id, detail) VALUES ('freeze', new.name, new.selection);
    END;
    CREATE TRIGGER log_thaws AFTER UPDATE OF ends_at ON freezes BEGIN
      INSERT INTO commit_log (what, id, detail) VALUES ('thaw', new.name, new.selection);
    END;`);
  database.close();
}

/** In the order of the commits; only one transaction writes at a time. */
export function readCommits(storeFile: string): Committed[] {
  const database = new DatabaseSync(storeFile, { timeout: 5000, readOnly: true });
  try {
    return z.array(rowSchema).parse(database.prepare('SELECT * FROM commit_log ORDER BY no').all());
  } finally {
    database.close();
  }
}
