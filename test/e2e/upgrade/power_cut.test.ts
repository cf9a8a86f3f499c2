// The host loses its power while it upgrades, and boots again: some of the moments of the table, always the same ones.
import { choose, createRandom } from '../../helpers/seeded_random.js';
import { listRecords } from './kill_table.js';
import { describePowerCuts } from './power_table.js';

const random = createRandom(3);
describePowerCuts((records) => [
  { migrationsDone: 1 },
  ...choose(listRecords(records), { count: 5, random }).map((record) => ({ record })),
]);
