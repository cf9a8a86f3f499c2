// The journal's disk takes no more from each point of an upgrade on, and at each later one comes a kill or a power cut.
import { describeSecondFaults } from '../unit/agent/upgrade/second_faults.js';

describeSecondFaults('every point', () => true);
