// The table of a journal's disk that takes no more, and then a kill or a power cut: when the one, and when the other.
import { describe, expect, it } from 'vitest';
import { countPoints, findTwice, isNew, isOld, range, run } from './judge_upgrade.js';
import { crashEverywhere } from './model.js';
import { copyWorld } from './model_tenant.js';

export const longerThanAnyRollback = 300;

/** Registers the tests; `isChosen` says from which points on the disk takes no more, `chosen` how they were chosen. */
export function describeSecondFaults(chosen: string, isChosen: (from: number) => boolean): void {
  describe('a disk that takes no more of the journal', () => {
    it.each(['kill', 'power'] as const)(
      `and then a %s: whoever comes after does not go forward from what was undone (${chosen})`,
      async (kind) => {
        const broken: object[] = [];
        for (const from of range(1, await countPoints({})).filter(isChosen)) {
          for (const crashed of await crashEverywhere(kind, {
            unwritable: { from, to: from + longerThanAnyRollback },
          })) {
            // Writable again before the next agent starts, or while it is at work.
            const at = crashed.world.points;
            if (at <= from || at > from + 60) continue;
            for (const to of [at, at + 20]) {
              const host = {
                world: copyWorld(crashed.world),
                store: { ...crashed.store, events: [...crashed.store.events] },
              };
              const { world, finish } = await run({ unwritable: { from, to } }, host);
              const data = world.tenant.data.filter((row, index, all) => all.indexOf(row) === index);
              const isRight =
                finish?.status === 'success'
                  ? isNew({ tenant: { ...world.tenant, data } })
                  : finish?.status === 'rolled_back' && isOld(world);
              const isTwice = kind === 'kill' && findTwice(world).length > 0;
              if (!isRight || isTwice || world.rollbackMarker !== null) broken.push({ from, at, to, finish, world });
            }
          }
        }
        expect(broken).toEqual([]);
      },
    );
  });
}
