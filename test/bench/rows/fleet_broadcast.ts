// Ten thousand agents on one controller: a command to each, and each answer stored, against bare sockets that store nothing.
import { withFleet, type FleetKind } from '../fleet/with_fleet.js';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';

const agents = 10_000;

export const fleetBroadcast: Row = {
  name: 'fleet-broadcast',
  what: `an upgrade for each of ${agents} tenants stored and offered, and each agent's answer stored`,
  unit: 's',
  bound: 'ratio',
  limit: 2,
  target: 1.3,
  async measure() {
    const grown: string[] = [];
    for (const count of [100, 1000]) {
      grown.push(`${count} agents ${((await broadcast('product', count)) * 1000).toFixed(0)} ms`);
    }
    const measured = await measurePairs({
      pairs: 2,
      figure: () => broadcast('product', agents),
      control: () => broadcast('bare', agents),
    });
    return {
      measured,
      remark: `the control is bare ws, one frame to each and one back, nothing stored; ${grown.join(', ')}`,
    };
  },
};

function broadcast(kind: FleetKind, count: number): Promise<number> {
  return withFleet(kind, count, async ({ server }) => (await server.ask('broadcast', count)) / 1000);
}
