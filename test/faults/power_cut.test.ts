// The host loses its power at every record of an upgrade, and after every migration.
import { listRecords } from '../e2e/upgrade/kill_table.js';
import { describePowerCuts } from '../e2e/upgrade/power_table.js';

describePowerCuts((records) => [
  ...[1, 2, 3].map((migrationsDone) => ({ migrationsDone })),
  ...listRecords(records).map((record) => ({ record })),
]);
