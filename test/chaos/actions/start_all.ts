// Starts what was left down: agents and the controller.
import type { Action } from '../action.js';

export const startAll: Action = {
  weight: 1,
  async act({ hosts, controller }) {
    await controller.start();
    for (const host of hosts) await host.startAgent();
    return 'start all agents and the controller';
  },
};
