// The agent is killed at every event of an upgrade, and again at every event with a second kill during the recovery.
import { createRandom } from '../helpers/seeded_random.js';
import { sampleSeed } from '../helpers/sample_seed.js';
import { describeKilledUpgrades, listKills } from '../e2e/upgrade/kill_table.js';

const random = createRandom(sampleSeed);

describeKilledUpgrades(`second kills by TEST_SEED=${sampleSeed}`, (events) => listKills(events, random));
