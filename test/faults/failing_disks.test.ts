// The disk of the agent's state takes no more after each record of an upgrade, with the agent alive and killed.
import { describeFailingDisks } from '../e2e/upgrade/disk_table.js';
import { listRecords } from '../e2e/upgrade/kill_table.js';

describeFailingDisks({ chosen: 'every record', chooseRecords: listRecords, isWhole: true });
