// The host loses its power while it upgrades, and boots again: some of the moments of the table.
import { sample, sampleTitle } from '../../helpers/sample_seed.js';
import { describePowerCuts, listCuts } from './power_table.js';

describePowerCuts(sampleTitle, (events) => [...sample(listCuts(events), 2)]);
