// Rollouts in SQLite.
import type { RolloutStore, StoredTarget } from '../../rollouts.js';
import type { Clock } from '../../../../shared/os/clock.js';
import type { Selection } from '../../../../shared/selection/selection.js';
import type { StoreDatabase } from '../database/database.js';
import type { FoldStored } from '../fold_stored.js';
import { pageOf } from '../page.js';
import { changeRollout } from './change_rollout.js';
import { listTargets } from './list_targets.js';
import { rolloutsChanged } from './note_upgrade.js';
import { findRollout, isSeen, readNow, showRollout } from './read_now.js';
import { setState } from './set_state.js';
import { startRollout } from './start_rollout.js';
import { stepRollout } from './step_rollout.js';

interface RolloutStoreOptions {
  database: StoreDatabase;
  foldStored: FoldStored;
  clock: Pick<Clock, 'now'>;
}

/** Rollouts over this database. Transactions return refusals: a throw would roll the other writes back. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createRolloutStore({ database, foldStored, clock }: RolloutStoreOptions): RolloutStore {
  const { read } = database;
  const now = () => clock.now().toISOString();

  function readAs(id: string, scope: Selection | null) {
    const rollout = findRollout(read, id, scope);
    return rollout === null ? null : readNow(read, rollout, { at: now(), scope });
  }

  return {
    async start(rollout, options) {
      const started = await database.write((sql) => startRollout(sql, rollout, options));
      if (started instanceof Error) throw started;
      return started;
    },
    find: async (id, scope) => findRollout(read, id, scope),
    async list({ limit, cursor }, scope) {
      const seen = isSeen(scope);
      const rows = read.all(`SELECT * FROM rollouts WHERE id < ? AND ${seen.sql} ORDER BY id DESC LIMIT ?`, [
        cursor ?? '~',
        ...seen.values,
        limit + 1,
      ]);
      return pageOf(rows, { limit, key: 'id', of: (row) => showRollout(read, row, scope) });
    },
    listOpen: async () =>
      read.all('SELECT id FROM rollouts WHERE ended_at IS NULL ORDER BY id').map(({ id }) => String(id)),
    read: async (id, scope) => readAs(id, scope),
    async listTargets(of, query, scope) {
      const rollout = typeof of === 'string' ? findRollout(read, of, scope) : of.rollout;
      if (rollout === null) return { items: [], next: null };
      const readTargets = (slugs: readonly string[] | null) =>
        typeof of === 'string' ? readNow(read, rollout, { at: now(), scope, slugs }).targets : pick(of.targets, slugs);
      return listTargets({ read, foldStored, readTargets }, query, { id: rollout.id, scope });
    },
    async step(id, decide, options) {
      const stepped = await database.write((sql) => stepRollout(sql, { id, decide }, options), { last: true });
      if (stepped !== null && 'thrown' in stepped) throw stepped.thrown;
      return stepped === null ? null : [...stepped];
    },
    async change(id, work, asked) {
      const changed = await database.write((sql) => changeRollout(sql, { id, work }, asked));
      if (changed instanceof Error) throw changed;
      return changed;
    },
    pauseAll: (why) =>
      database.write((sql) => {
        const rows = sql.all(`SELECT * FROM rollouts WHERE ended_at IS NULL AND state <> 'aborting'`);
        const open = rows.map((row) => showRollout(sql, row, null));
        for (const rollout of open) setState(sql, rollout, { state: 'paused', why, at: now() });
        sql.notify(rolloutsChanged);
        return open.length;
      }),
  };
}

/** Those with these slugs; all without. */
function pick(targets: readonly StoredTarget[], slugs: readonly string[] | null): readonly StoredTarget[] {
  if (slugs === null) return targets;
  const wanted = new Set(slugs);
  return targets.filter(({ slug }) => wanted.has(slug));
}
