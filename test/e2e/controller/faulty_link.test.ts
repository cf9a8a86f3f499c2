// An agent and a controller with a bad network between them: some rows of the table, always the same ones.
import { choose, createRandom } from '../../helpers/seeded_random.js';
import { describeFaultyLink, listRows } from './link_table.js';

describeFaultyLink(choose(listRows(1), { count: 10, random: createRandom(1) }));
