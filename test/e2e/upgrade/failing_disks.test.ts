// The disk of the agent's state takes no more in the middle of an upgrade: some of the moments, always the same ones. A disk
// that turns read-only, and moments in which the agent dies as well, take long to make: they are in the long tables.
import { choose, createRandom } from '../../helpers/seeded_random.js';
import { describeFailingDisks } from './disk_table.js';
import { listRecords } from './kill_table.js';

const random = createRandom(3);

describeFailingDisks({
  chooseRecords: (records) => choose(listRecords(records), { count: 2, random }),
  disks: ['room', 'inodes'],
  fates: ['lives'],
});
