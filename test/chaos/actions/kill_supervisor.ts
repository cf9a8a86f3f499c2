// Kills the supervisor of a command that runs.
import { killOne } from '../kill_one.js';
import type { Action } from '../action.js';

export const killSupervisor: Action = {
  weight: 4,
  act: async (world) =>
    `kill a supervisor: ${killOne(world, ({ command }) => command.startsWith('drover-supervisor'))}`,
};
