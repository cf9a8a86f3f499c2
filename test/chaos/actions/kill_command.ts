// Kills a process of a command that runs: a hook, a migration, git, a backup.
import { killOne } from '../kill_one.js';
import type { Action } from '../action.js';

export const killCommand: Action = {
  weight: 2,
  act: async (world) => `kill a command: ${killOne(world, ({ command }) => !command.startsWith('drover-supervisor'))}`,
};
