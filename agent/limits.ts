// What another party can make large on a host, and how large it may get: the tenant, its releases, a controller.
import type { Limit } from '../shared/limits.js';

/** Limits of the agent. */
export const agentLimits = {
  commandOutput: {
    max: 1024 ** 3,
    unit: 'bytes',
    of: 'the output of a command',
    beyond: 'the command is stopped and has failed',
  },
} as const satisfies Record<string, Limit>;
