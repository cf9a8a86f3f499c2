// The host loses its power while it upgrades, and boots again: some of the moments of the table.
import { choose, createRandom } from '../../helpers/seeded_random.js';
import { sampleSeed, sampleTitle } from '../../helpers/sample_seed.js';
import { describePowerCuts, listCuts } from './power_table.js';

const random = createRandom(sampleSeed);

describePowerCuts(sampleTitle, (events) => choose(listCuts(events), { count: 2, random }));
