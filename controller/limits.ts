// What another party can make large at the controller, and how large it may get: peers without a secret, agents, clients
// of the API.
import type { Limit } from '../shared/limits.js';

/** Limits of the controller. */
export const controllerLimits = {
  strangers: {
    max: 1024,
    unit: 'items',
    of: 'connections to the controller that have shown no secret',
    beyond: 'the oldest of them is closed',
  },
  strangersOfAddress: {
    max: 256,
    unit: 'items',
    of: 'the same from one address that is not loopback',
    beyond: 'the oldest of them is closed',
  },
  strangerWait: {
    max: 10_000,
    unit: 'ms',
    of: 'how long a connection may stay without a secret, whatever it sends',
    beyond: 'it is closed',
  },
  request: {
    max: 10_000,
    unit: 'ms',
    of: 'how long a request to the API may take to arrive',
    beyond: 'it is refused (408)',
  },
  body: { max: 1024 ** 2, unit: 'bytes', of: 'the body of a request to the API', beyond: 'it is refused (413)' },
  headers: { max: 16 * 1024, unit: 'bytes', of: 'the headers of a request', beyond: 'it is refused (431)' },
  headerCount: { max: 100, unit: 'items', of: 'headers of a request', beyond: 'the rest is not read' },
  refusalLines: {
    max: 120,
    unit: 'items',
    of: 'log lines a minute about peers that have shown no secret',
    beyond: 'they are counted',
  },
  unsentToAgent: {
    max: 1024 ** 2,
    unit: 'bytes',
    of: 'what waits to be sent to an agent',
    beyond: 'its connection is ended; it gets its open orders again when it reconnects',
  },
} as const satisfies Record<string, Limit>;
