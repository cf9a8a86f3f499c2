// A fleet plan: every host is asked for the plans of its tenants, a few hosts at a time, and the plans are stored by class.
import { planClasses } from '../fleet/working_agent.js';
import { withFleet } from '../fleet/with_fleet.js';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';

const tenants = 3000;
const fleet = { hosts: 300, tenantsOfHost: 10 };
const scattered = { hosts: tenants, tenantsOfHost: 1 };

export const fleetPlan: Row = {
  name: 'fleet-plan',
  what: `a fleet plan of ${tenants} tenants on ${fleet.hosts} hosts with ${planClasses} classes, until it is done and shown`,
  unit: 's',
  bound: 'figure',
  limit: 10,
  target: 5,
  async measure() {
    const measured = await measurePairs({
      pairs: 2,
      figure: () => measurePlan(fleet),
      control: () => withFleet('bare', fleet.hosts, async ({ server }) => (await server.ask('broadcast')) / 1000),
    });
    const alone = await measurePlan(scattered);
    return {
      measured,
      remark: `the control is bare ws, one frame to each host and one back; with a host for each tenant ${alone.toFixed(1)} s`,
    };
  },
};

const measurePlan = (of: typeof fleet) =>
  withFleet('working', of, async ({ server }) => (await server.ask('plan', tenants, planClasses)) / 1000);
