// The agent is killed while it upgrades, and started again: some of the moments of the table, always the same ones.
import { choose, createRandom } from '../../helpers/seeded_random.js';
import { beforeTheFirst, describeKilledUpgrades, listRecords } from './kill_table.js';

describeKilledUpgrades((records) => {
  const all = listRecords(records).flatMap((n) => [[{ how: 'at', n } as const], [{ how: 'seen', n } as const]]);
  return [[beforeTheFirst], ...choose(all, { count: 19, random: createRandom(1) })];
});
