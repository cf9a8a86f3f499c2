// A rollout whose tenants are there already: every upgrade begins, finds nothing to do and ends, so that the time is Drover's.
import { withFleet } from '../fleet/with_fleet.js';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';

const fleet = { hosts: 300, tenantsOfHost: 10 };
const tenants = fleet.hosts * fleet.tenantsOfHost;
const maxParallel = 300;

export const rolloutThere: Row = {
  name: 'rollout-there',
  what: `a rollout of ${tenants} tenants on ${fleet.hosts} hosts in four waves, ${maxParallel} at once, from its start until it is done`,
  unit: 's',
  bound: 'figure',
  limit: 5,
  target: 2,
  async measure() {
    const measured = await measurePairs({
      pairs: 2,
      figure: () =>
        withFleet('working', fleet, async ({ server }) => (await server.ask('rollout', tenants, maxParallel)) / 1000),
      control: () => withFleet('bare', tenants, async ({ server }) => (await server.ask('broadcast')) / 1000),
    });
    return { measured, remark: `the control is bare ws, one frame to each of ${tenants} peers and one back` };
  },
};
