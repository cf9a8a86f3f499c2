// What a connected agent costs the controller in memory, at ten thousand of them.
import { withFleet, type FleetKind } from '../fleet/with_fleet.js';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';

const agents = 10_000;

export const fleetMemory: Row = {
  name: 'fleet-memory',
  what: `resident memory of the controller for each of ${agents} connected agents, beyond an empty controller's`,
  unit: 'KB',
  bound: 'figure',
  limit: 40,
  target: 22,
  measure: async () => ({
    measured: await measurePairs({ pairs: 1, figure: () => measure('product'), control: () => measure('bare') }),
    remark: 'the control is a bare ws server',
  }),
};

function measure(kind: FleetKind): Promise<number> {
  return withFleet(
    kind,
    agents,
    async ({ server, emptyBytes }) => ((await server.ask('memory')) - emptyBytes) / agents / 1000,
  );
}
