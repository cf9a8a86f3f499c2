// The agent is killed while it upgrades, and started again: some of the moments of the table.
import { choose, createRandom } from '../../helpers/seeded_random.js';
import { sampleSeed, sampleTitle } from '../../helpers/sample_seed.js';
import { describeKilledUpgrades, listKills } from './kill_table.js';

const random = createRandom(sampleSeed);

describeKilledUpgrades(sampleTitle, (events) => choose(listKills(events, random), { count: 2, random }));
