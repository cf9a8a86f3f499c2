// Ten minutes of chaos, with another seed each time: kills, cuts, full disks and replaced stores in the middle of upgrades.
import { randomInt } from 'node:crypto';
import { describeChaos } from '../chaos/describe_chaos.js';

const lastMs = 600_000;
const untilMs = performance.now() + lastMs;

describeChaos('ten minutes of random actions', {
  seed: randomInt(2 ** 31),
  goesOn: () => performance.now() < untilMs,
});
