// A whole upgrade with trivial hooks, from the command over the socket to its end, against the same commands in bash.
import { rm } from 'node:fs/promises';
import { makeBareUpgrade } from '../bare_upgrade.js';
import { benchTag, withBenchHost } from '../bench_host.js';
import { measurePairs, timeSeconds } from '../measure.js';
import type { Row } from '../row.js';

const pairs = 7;

export const wholeUpgrade: Row = {
  name: 'whole-upgrade',
  what: 'a whole upgrade with four trivial hooks and a migration on a running agent, against a bash script',
  unit: 's',
  bound: 'ratio',
  limit: 3,
  target: 2,
  measure: () =>
    withBenchHost(pairs + 1, async (host) => {
      const ours = await host.makeTenant('ours');
      const theirs = await host.makeTenant('theirs');
      await rm(theirs.configFile);
      const bare = await makeBareUpgrade(theirs);
      await host.startAgent();
      // The first upgrade of each makes mirrors and warms caches; the rounds go on from there.
      const figure = (round: number) => timeSeconds(() => host.upgrade(ours.slug, benchTag(round + 2)));
      const control = (round: number) =>
        timeSeconds(() => bare.run({ from: benchTag(round + 1), to: benchTag(round + 2) }));
      await figure(-1);
      await control(-1);
      return { measured: await measurePairs({ pairs, figure, control }), remark: bare.remark };
    }),
};
