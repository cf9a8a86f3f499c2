// Proves the loop in memory: at whatever point the journal's disk takes no more, the tenant ends whole.
import { describe, expect, it } from 'vitest';
import { countPoints, findTwice, isNew, isOld, range, run } from './judge_upgrade.js';
import { crashEverywhere } from './model.js';
import { copyWorld } from './model_tenant.js';

describe('a disk that takes no more of the journal', () => {
  /** Longer than any rollback takes. */
  const long = 300;
  it('from any point on: the tenant is back, or through, before the disk is; the stream is whole once it is', async () => {
    const broken: object[] = [];
    const statuses = new Set<string>();
    for (const from of range(1, await countPoints({}))) {
      const { world, events, finish } = await run({ unwritable: { from, to: from + long } });
      const isRight = finish?.status === 'success' ? isNew(world) : finish?.status === 'rolled_back' && isOld(world);
      const { services, code } = world.atFirstWait ?? { services: false, code: 'none' };
      const isUp = services && code === world.tenant.code;
      const isSeamless = events.every(({ n }, index) => n === index + 1);
      if (!isRight || !isUp || !isSeamless || world.rollbackMarker !== null) broken.push({ from, finish, world });
      statuses.add(finish?.status ?? 'none');
    }
    expect(broken).toEqual([]);
    expect(statuses).toEqual(new Set(['rolled_back', 'success']));
  });

  it('lets nothing begin that goes forward', async () => {
    for (const from of range(1, await countPoints({}))) {
      const { world } = await run({ unwritable: { from, to: from + long } });
      expect(world.begunUnwritten, `from ${from}`).toEqual([]);
    }
  });

  it.each(['kill', 'power'] as const)(
    'and then a %s: whoever comes after does not go forward from what was undone',
    async (kind) => {
      const broken: object[] = [];
      for (const from of range(1, await countPoints({})).filter((at) => at % 3 === 0)) {
        for (const crashed of await crashEverywhere(kind, { unwritable: { from, to: from + long } })) {
          // Mended before the next agent starts, or while it is at work.
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
