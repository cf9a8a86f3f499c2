// The host loses its power at every event of an upgrade, and after every migration.
import { describePowerCuts, listCuts } from '../e2e/upgrade/power_table.js';

describePowerCuts('every moment', listCuts);
