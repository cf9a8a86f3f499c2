// The agent is killed at every record of an upgrade, and again at every record with a second kill during the recovery.
import { createRandom } from '../helpers/seeded_random.js';
import { describeKilledUpgrades, listRecords } from '../e2e/upgrade/kill_table.js';

const random = createRandom(2);
/** How many records later the second kill comes. */
const chooseLater = () => 1 + Math.floor(random() * 30);

describeKilledUpgrades((records) => [
  ...listRecords(records).map((n) => [{ how: 'at' as const, n }]),
  ...listRecords(records).map((n) => [
    { how: 'seen' as const, n },
    { how: 'at' as const, n: chooseLater() },
  ]),
]);
