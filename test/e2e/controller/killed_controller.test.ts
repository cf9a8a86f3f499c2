// The controller is killed while agents send: a few of the kills of the long table.
import { describeKilledController } from './killed_table.js';

describeKilledController({ kills: 3 });
