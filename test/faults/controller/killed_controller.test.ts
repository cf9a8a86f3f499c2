// The controller is killed again and again while agents send.
import { describeKilledController } from '../../e2e/controller/killed_table.js';

describeKilledController({ kills: 10 });
