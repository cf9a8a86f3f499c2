// Handles what agents send: connects and disconnects, reports, streams, and answers to orders.
import { AppError } from '../../shared/errors.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { Notifier } from '../../shared/os/notifier.js';
import type { ErrorBody } from '../../shared/model/error_body.js';
import { refusalFailure } from '../../shared/model/result.js';
import type { Report } from '../../shared/model/report/report.js';
import type { ReportChanges } from '../../shared/model/report/report_changes.js';
import type { AgentFrameOf } from '../../shared/wire/protocol.js';
import type { Order } from '../store/order.js';
import type { IncomingStream, Store } from '../store/port.js';
import type { Delivery } from './deliver.js';
import type { ConnectedHosts } from './connected_hosts.js';
import type { HostPresence } from './host_presence.js';

/** The link's port to the fleet: the frames of agents, once the link has validated them. */
export interface AgentEvents {
  /** A host has connected. Resolves when that is stored. */
  connect(arrival: Arrival, agreedVersion: number): Promise<void>;
  /** The host takes frames from now on: sends it its open orders. */
  welcome(host: string): Promise<void>;
  disconnect(host: string): Promise<void>;
  /** A whole report, or what has changed since the one before. */
  report(host: string, report: Report | ReportChanges): Promise<void>;
  /** Of the upgrades that a host announces, those whose streams it is to send. */
  findWanted(host: string, streams: AgentFrameOf<'streams'>['streams']): Promise<string[]>;
  openStream(host: string, upgrade: string): Promise<IncomingStream>;
  answer(host: string, answer: AgentFrameOf<'answer'>): Promise<void>;
  /** Everything is stored that the host announced when it connected. */
  caughtUp(host: string): void;
  /** Some of a host's answer to `plan_tenants`. Resolves when it is stored. */
  planned(host: string, planned: AgentFrameOf<'planned'>): Promise<void>;
}

/** Who has connected, and what it said. */
export type Arrival = { host: string } & Pick<AgentFrameOf<'hello'>, 'agent_version' | 'at'>;

/** Takes what hosts say of fleet plans. */
export interface PlanAnswers {
  take(host: string, planned: AgentFrameOf<'planned'>): Promise<void>;
  /** The host makes no plan for this request. */
  refuse(host: string, request: string, error: ErrorBody): Promise<void>;
  /** It has disconnected. */
  forget(host: string): void;
}

export interface AgentEventsOptions {
  store: Store;
  delivery: Delivery;
  presence: Pick<HostPresence, 'arrive' | 'leave'>;
  notifier: Notifier;
  clock: Clock;
  log: Log;
  connected: ConnectedHosts;
  plans: PlanAnswers;
}

/** Stores each event before it notifies anyone of it. */
export function createAgentEvents(options: AgentEventsOptions): AgentEvents {
  const { store, delivery, presence, connected, notifier, clock, log, plans } = options;
  const now = createStamp(clock);

  async function takeAnswer(host: string, answer: AgentFrameOf<'answer'>): Promise<void> {
    if (answer.error !== null) await plans.refuse(host, answer.request_id, answer.error);
    const order = await store.orders.find(answer.request_id);
    // Ignores an answer to no order, to an order of another host, and a repeated one.
    if (order === null || order.host !== host || order.ended_at !== null) return;
    await answerOrder(store, order, { ...answer, at: now() });
    for (const id of new Set([order.id, order.upgrade, answer.upgrade])) if (id !== null) notifier.notify(id);
  }

  return {
    async connect({ host, agent_version: agentVersion, at }, protocolVersion) {
      presence.arrive(host);
      // Before anything is waited for: it may disconnect meanwhile, and has left then.
      connected.connect(host);
      // Its connection of before may have been replaced without an end: nothing that was asked over it is answered.
      plans.forget(host);
      const clockSkewMs = Date.parse(at) - clock.now().getTime();
      const skew = Number.isNaN(clockSkewMs) ? 0 : clockSkewMs;
      await store.hosts.connect({ host, agentVersion, protocolVersion, clockSkewMs: skew, at: now() });
      log.info({ host, agentVersion }, 'a host has connected');
    },
    welcome: (host) => delivery.offerAll(host),
    async disconnect(host) {
      plans.forget(host);
      connected.disconnect(host);
      presence.leave(host);
      log.info({ host }, 'a host has disconnected');
      await store.hosts.disconnect(host, now());
    },
    async report(host, report) {
      const left = await store.hosts.report(host, report, now());
      if (left.length === 0) return;
      log.warn({ host, tenants: left }, 'a host reports tenants that belong to another host; they stay with that host');
    },
    planned: (host, planned) => plans.take(host, planned),
    caughtUp: (host) => connected.catchUp(host),
    findWanted: (host, streams) => store.upgrades.findWanted(host, streams),
    openStream: (host, upgrade) =>
      store.openStream({
        upgrade,
        host,
        onStored(answered) {
          for (const id of [upgrade, ...answered]) notifier.notify(id);
        },
      }),
    answer(host, answer) {
      // The most frequent answer accepts an upgrade. Its request has the upgrade's id, so it needs no lookup; and no promise
      // of its own besides that of all that are stored together.
      const isAccepted = answer.error === null && answer.upgrade === answer.request_id;
      if (isAccepted) return store.orders.markAccepted({ id: answer.request_id, host, at: now() });
      return takeAnswer(host, answer);
    },
  };
}

/** The time, in ISO 8601: a whole wave is answered within few milliseconds, and each is written out once. */
function createStamp(clock: Clock): () => string {
  let last = { ms: Number.NaN, text: '' };
  return () => {
    const now = clock.now();
    const ms = now.getTime();
    if (ms !== last.ms) last = { ms, text: now.toISOString() };
    return last.text;
  };
}

async function answerOrder(
  { orders }: Store,
  order: Order,
  { upgrade, error, first, at }: Pick<AgentFrameOf<'answer'>, 'upgrade' | 'error' | 'first'> & { at: string },
): Promise<void> {
  const { id, kind, host } = order;
  if (kind === 'upgrade') {
    if (error === null) {
      if (upgrade === null || upgrade !== first) return;
      if (order.key_hash === undefined) {
        throw new AppError('protocol', `${host} has had the upgrade ${id} before as ${first}, although it has no key`);
      }
      await orders.endAsKnown(id, { known: upgrade, at });
      return;
    }
    const status = error.code === 'cancelled' ? 'cancelled' : 'refused';
    const failure = status === 'cancelled' ? null : refusalFailure(error);
    // An upgrade that has begun gets its status from its journal, so only the order ends.
    if (!(await orders.endUnbegun(id, { status, at, failure }))) await orders.end(id, { at, upgrade: id, error });
    return;
  }
  // The event `rollback` or `resume` of the journal ends the order. Until it is stored, the upgrade shows its old result.
  // The event of one that the host had before has the id of the first.
  const hasEvent = (kind === 'rollback' || kind === 'resume') && first === undefined;
  if (hasEvent && error === null) return orders.markAccepted({ id, host, at });
  const isUnknownThere = kind === 'cancel' && error === null && upgrade === null;
  if (isUnknownThere) await orders.endUnbegun(order.upgrade, { status: 'cancelled', at, failure: null });
  await orders.end(id, { at, upgrade, error });
}
