// An agent and a controller with a bad network between them: some rows of the table.
import { choose, createRandom } from '../../helpers/seeded_random.js';
import { sampleSeed, sampleTitle } from '../../helpers/sample_seed.js';
import { describeFaultyLink, listRows } from './link_table.js';

const rows = choose(listRows(sampleSeed), { count: 10, random: createRandom(sampleSeed) });
describeFaultyLink(sampleTitle, rows);
