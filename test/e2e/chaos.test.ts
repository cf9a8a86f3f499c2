// A short chaos run, always the same actions: kills, cuts, full disks and replaced stores in the middle of upgrades.
import { describeChaos } from '../chaos/describe_chaos.js';

describeChaos('30 random actions', { seed: 1, goesOn: (rounds) => rounds < 3 });
