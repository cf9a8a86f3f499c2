// Ten thousand agents that lose their controller at once, and come back with the agent's own pauses.
import { measureStorm } from '../fleet/with_fleet.js';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';

const agents = 10_000;

export const fleetStorm: Row = {
  name: 'fleet-storm',
  what: `the connections of ${agents} agents are cut at once; until each is welcome again and has reported`,
  unit: 's',
  bound: 'figure',
  limit: 60,
  target: 30,
  async measure() {
    let most = 0;
    const measured = await measurePairs({
      pairs: 1,
      async figure() {
        const { seconds, attempts } = await measureStorm('product', agents);
        most = Math.max(most, attempts);
        return seconds;
      },
      control: async () => (await measureStorm('bare', agents)).seconds,
    });
    return { measured, remark: `${most} attempts; the control is bare ws with the same pauses, and open is back` };
  },
};
