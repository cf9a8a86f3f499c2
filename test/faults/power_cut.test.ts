// The host loses its power at every record of an upgrade.
import { listRecords } from '../e2e/upgrade/kill_table.js';
import { describePowerCuts } from '../e2e/upgrade/power_table.js';

describePowerCuts(listRecords);
