// What another party can make large at the controller, and how large it may get: peers without a secret, agents, clients
// of the API.
import type { Limit } from '../shared/limits.js';

/** Limits of the controller. */
export const controllerLimits = {
  unsentToAgent: {
    max: 1024 ** 2,
    unit: 'bytes',
    of: 'what waits to be sent to an agent',
    beyond: 'its connection is ended; it gets its open orders again when it reconnects',
  },
} as const satisfies Record<string, Limit>;
