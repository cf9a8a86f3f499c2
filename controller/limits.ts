// What another party can make large at the controller, and how large it may get: peers that nobody knows, agents, clients
// of the API.
import type { Limit } from '../shared/limits.js';

/** Limits of the controller. */
export const controllerLimits = {
  strangers: {
    max: 1024,
    unit: 'items',
    of: 'connections to the controller that have not proved who they are',
    beyond: 'the oldest of them is closed',
  },
  strangersOfAddress: {
    max: 256,
    unit: 'items',
    of: 'the same from one address that is not loopback',
    beyond: 'the oldest of them is closed',
  },
  strangerBytes: {
    max: 16 * 1024,
    unit: 'bytes',
    of: 'what a host may send before it has proved who it is',
    beyond: 'its connection is closed',
  },
  otherUrls: { max: 20, unit: 'items', of: '`other_urls` in controller.yaml', beyond: 'the file is refused' },
  strangerWait: {
    max: 10_000,
    unit: 'ms',
    of: 'how long a connection may stay without that proof, whatever it sends',
    beyond: 'it is closed',
  },
  request: {
    max: 10_000,
    unit: 'ms',
    of: 'how long a request to the API may take to arrive',
    beyond: 'it is refused (408)',
  },
  body: { max: 1024 ** 2, unit: 'bytes', of: 'the body of a request to the API', beyond: 'it is refused (413)' },
  waitingRequests: {
    max: 1000,
    unit: 'items',
    of: 'requests that follow a log, wait for an upgrade or wait for a plan at once',
    beyond: 'one more is refused (503)',
  },
  keys: { max: 100_000, unit: 'items', of: 'idempotency keys', beyond: 'the first is forgotten' },
  keyAge: {
    max: 7 * 86_400_000,
    unit: 'ms',
    of: 'how long an idempotency key is remembered',
    beyond: 'it is forgotten: a repeated request is a new one',
  },
  headers: { max: 16 * 1024, unit: 'bytes', of: 'the headers of a request', beyond: 'it is refused (431)' },
  headerCount: { max: 100, unit: 'items', of: 'headers of a request', beyond: 'the rest is not read' },
  refusalLines: {
    max: 120,
    unit: 'items',
    of: 'log lines a minute about peers that have not proved who they are',
    beyond: 'they are counted',
  },
  agentFrames: {
    max: 5000,
    unit: 'items',
    of: 'frames a second from one agent, after the first',
    beyond: 'they wait, and the agent is read more slowly',
  },
  agentFrameBurst: { max: 100_000, unit: 'items', of: 'frames of one agent before that rate', beyond: 'as above' },
  agentBytes: {
    max: 16 * 1024 ** 2,
    unit: 'bytes',
    of: 'what one agent sends in a second, after the first',
    beyond: 'it waits, and the agent is read more slowly',
  },
  agentByteBurst: {
    max: 256 * 1024 ** 2,
    unit: 'bytes',
    of: 'what one agent sends before that rate',
    beyond: 'as above',
  },
  unhandledBytes: {
    max: 1024 ** 2,
    unit: 'bytes',
    of: 'frames of one agent that have arrived and wait',
    beyond: 'its socket is not read until they are handled',
  },
  unhandledFrames: { max: 2000, unit: 'items', of: 'the same in their number', beyond: 'as above' },
  handledAtOnce: {
    max: 32,
    unit: 'items',
    of: 'frames of one agent that the store works on',
    beyond: 'the next waits',
  },
  reports: {
    max: 30,
    unit: 'items',
    of: 'reports of one agent in a minute',
    beyond: 'only the latest of them is stored, a little later',
  },
  versionsOfTenant: {
    max: 1000,
    unit: 'items',
    of: 'changes of a tenant’s version that the controller remembers',
    beyond: 'the first is forgotten',
  },
  openStreams: {
    max: 64,
    unit: 'items',
    of: 'streams of one agent that are received at once',
    beyond: 'the agent is asked for the next when one has ended',
  },
  announcedStreams: {
    max: 10_000,
    unit: 'items',
    of: 'announced streams of one agent that wait for that',
    beyond: 'the rest is asked for when the agent connects again',
  },
  refusedStreams: {
    max: 1000,
    unit: 'items',
    of: 'streams of one agent that are refused and remembered as that',
    beyond: 'the first is forgotten',
  },
  upgradeEvents: {
    max: 100_000,
    unit: 'items',
    of: 'events of one upgrade',
    beyond: 'it counts as failed at the controller; its host has the rest',
  },
  upgradeEventBytes: { max: 64 * 1024 ** 2, unit: 'bytes', of: 'the same in their size', beyond: 'as above' },
  upgradeOutput: {
    max: 256 * 1024 ** 2,
    unit: 'bytes',
    of: "one upgrade's output that the controller stores",
    beyond: 'the rest is not stored, and the log says so',
  },
  hostBytes: {
    max: 16 * 1024 ** 3,
    unit: 'bytes',
    of: 'events and output of one host that the controller stores',
    beyond: 'neither output nor further upgrades of it are stored until `keep.logs` has made room',
  },
  blameWait: {
    max: 300_000,
    unit: 'ms',
    of: 'how long an agent that breaks the protocol again and again has to stay away',
    beyond: 'it is not longer',
  },
  blamedAgents: { max: 10_000, unit: 'items', of: 'such agents that are remembered', beyond: 'the first is forgotten' },
  unsentToAgent: {
    max: 1024 ** 2,
    unit: 'bytes',
    of: 'what waits to be sent to an agent',
    beyond: 'its connection is ended; it gets its open orders again when it reconnects',
  },
} as const satisfies Record<string, Limit>;
