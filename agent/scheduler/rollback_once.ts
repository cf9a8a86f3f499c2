// A rollback is done once per id, for good: whoever asks again is answered with the upgrade that it turned back.
import { listUpgradesOf } from '../store/find_upgrades.js';
import type { StateFolder } from '../store/state_folder.js';

export type RollbackOnce = (asked: { id: string; tenant: string }, rollBack: () => Promise<string>) => Promise<string>;

/** Calls `rollBack` unless this id was accepted before, now or by an earlier agent. A refused one may be asked again. */
export function createRollbackOnce(state: StateFolder): RollbackOnce {
  const accepted = new Map<string, Promise<string>>();
  return ({ id, tenant }, rollBack) => {
    const before = accepted.get(id);
    if (before !== undefined) return before;
    const done = findRolledBack(state, { id, tenant }).then((upgrade) => upgrade ?? rollBack());
    accepted.set(id, done);
    done.catch(() => accepted.delete(id));
    return done;
  };
}

async function findRolledBack(
  state: StateFolder,
  { id, tenant }: { id: string; tenant: string },
): Promise<string | null> {
  for await (const { id: upgrade, events } of listUpgradesOf(state, tenant)) {
    if (events.some((event) => event.type === 'rollback' && event.id === id)) return upgrade;
  }
  return null;
}
