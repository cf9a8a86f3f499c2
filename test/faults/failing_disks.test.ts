// The disk of the agent's state takes no more after each event of an upgrade, with the agent alive and killed.
import { describeFailingDisks } from '../e2e/upgrade/disk_table.js';
import { listEvents } from '../e2e/upgrade/kill_table.js';

describeFailingDisks({ chosen: 'every event', chooseEvents: listEvents, ends: ['rolled_back', 'success'] });
