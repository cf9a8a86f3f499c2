// The host loses its power while it upgrades, and boots again: some of the moments of the table, always the same ones.
import { choose, createRandom } from '../../helpers/seeded_random.js';
import { listRecords } from './kill_table.js';
import { describePowerCuts } from './power_table.js';

const random = createRandom(3);
describePowerCuts((records) => [
  { migrationsDone: 1 },
  // What the last hook wrote is on the disk by then only if it was brought there for its own sake.
  { record: records - 15 },
  ...choose(listRecords(records), { count: 4, random }).map((record) => ({ record })),
]);
