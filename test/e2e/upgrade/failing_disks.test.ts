// The disk of the agent's state takes no more in the middle of an upgrade: some of the moments. A disk that turns read-only,
// and moments in which the agent dies as well, take long to make: they are in the long tables.
import { choose, createRandom } from '../../helpers/seeded_random.js';
import { sampleSeed, sampleTitle } from '../../helpers/sample_seed.js';
import { describeFailingDisks } from './disk_table.js';
import { listEvents } from './kill_table.js';

const random = createRandom(sampleSeed);

describeFailingDisks({
  chosen: sampleTitle,
  // One of each half: nothing is turned back once all is done.
  chooseEvents(events) {
    const all = listEvents(events);
    const half = Math.floor(events / 2);
    return [all.slice(0, half), all.slice(half)].flatMap((part) => choose(part, { count: 1, random }));
  },
  ends: [],
  disks: ['room', 'inodes'],
  fates: ['lives'],
});
