// An agent and a controller with a bad network between them: every frame of the protocol, and all that may happen to it.
import { describeFaultyLink, listRows } from '../../e2e/controller/link_table.js';
import { sampleSeed } from '../../helpers/sample_seed.js';

describeFaultyLink(`frames by TEST_SEED=${sampleSeed}`, listRows(sampleSeed));
