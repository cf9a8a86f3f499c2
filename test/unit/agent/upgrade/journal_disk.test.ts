// Proves the loop in memory: at whatever point the journal's disk takes no more, the tenant ends whole.
import { describe, expect, it } from 'vitest';
import { sampleSeed, sampleTitle } from '../../../helpers/sample_seed.js';
import { countPoints, isNew, isOld, range, run } from './judge_upgrade.js';
import { describeSecondFaults, longerThanAnyRollback } from './second_faults.js';

describe('a disk that takes no more of the journal', () => {
  it('from any point on: the tenant is back, or through, before the disk is; the stream is whole once it is', async () => {
    const broken: object[] = [];
    const statuses = new Set<string>();
    for (const from of range(1, await countPoints({}))) {
      const { world, events, finish } = await run({ unwritable: { from, to: from + longerThanAnyRollback } });
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
      const { world } = await run({ unwritable: { from, to: from + longerThanAnyRollback } });
      expect(world.begunUnwritten, `from ${from}`).toEqual([]);
    }
  });
});

describeSecondFaults(sampleTitle, (at) => at % 9 === sampleSeed % 9);
