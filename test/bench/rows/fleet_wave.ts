// A rollout's wave to ten thousand agents in one step, and each answer stored, against bare sockets that store nothing.
import { withFleet, type FleetKind } from '../fleet/with_fleet.js';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';

const agents = 10_000;
/** So many get theirs before: in a fleet the canary has warmed the code up. */
const warming = 500;

export const fleetWave: Row = {
  name: 'fleet-wave',
  what: `a rollout's wave of ${agents} tenants decided, stored in one transaction and offered, and each answer stored`,
  unit: 's',
  bound: 'ratio',
  limit: 1.3,
  target: 1.15,
  async measure() {
    const measured = await measurePairs({
      pairs: 3,
      figure: () => measureWave('quick'),
      control: () => measureWave('bare'),
    });
    return { measured, remark: 'the control is bare ws, one frame to each and one back, nothing stored' };
  },
};

function measureWave(kind: FleetKind): Promise<number> {
  const all = agents + warming;
  return withFleet(kind, all, async ({ server }) => {
    await server.ask('wave', 0, warming);
    return (await server.ask('wave', warming, all)) / 1000;
  });
}
