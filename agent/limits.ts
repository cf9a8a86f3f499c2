// What another party can make large on a host, and how large it may get: the tenant, its releases, a controller.
import type { Limit } from '../shared/limits.js';

/** Limits of the agent. */
export const agentLimits = {
  localStrangers: {
    max: 64,
    unit: 'items',
    of: "connections to the agent's socket that have asked for nothing",
    beyond: 'the oldest of them is closed',
  },
  localStrangerWait: {
    max: 10_000,
    unit: 'ms',
    of: "how long a connection to the agent's socket may stay so",
    beyond: 'it is closed',
  },
  commandOutput: {
    max: 1024 ** 3,
    unit: 'bytes',
    of: 'the output of a command',
    beyond: 'the command is stopped and has failed',
  },
  secrets: {
    max: 500,
    unit: 'items',
    of: 'the secrets of a tenant that are masked in its output',
    beyond: 'the tenant’s upgrades are refused',
  },
  secretLength: {
    max: 1024,
    unit: 'characters',
    of: 'a line of a secret',
    beyond: 'it is masked in pieces of this length',
  },
} as const satisfies Record<string, Limit>;
