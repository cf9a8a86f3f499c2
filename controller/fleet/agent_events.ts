// Takes in what agents say: who is there, what they report, their streams, and their answers to orders.
import type { Clock } from '../../shared/os/clock.js';
import { AppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import type { AgentFrameOf } from '../../shared/wire/protocol.js';
import { refusalFailure } from '../../shared/model/result.js';
import type { AgentEvents } from '../link/agent_events.js';
import type { OrderRow } from '../store/rows.js';
import type { Store } from '../store/sqlite/open_store.js';
import type { Delivery } from './deliver.js';
import type { Notifier } from '../bus/notifier.js';

export interface AgentEventsOptions {
  store: Store;
  delivery: Delivery;
  notices: Notifier;
  clock: Clock;
  log: Log;
}

export function createAgentEvents({ store, delivery, notices, clock, log }: AgentEventsOptions): AgentEvents {
  const now = () => clock.now().toISOString();

  /** A host begins upgrades of its own tenants only; one that nobody has reported yet may be new there. */
  function requireTenantOf(host: string, tenant: string): void {
    const holder = store.hosts.findHostOf(tenant) ?? host;
    if (holder !== host) throw new AppError('forbidden', `${tenant} is a tenant of ${holder}, not of ${host}`);
  }

  async function answerOrder(order: OrderRow, { upgrade, error }: AgentFrameOf<'answer'>): Promise<void> {
    const { id, kind, host } = order;
    const at = now();
    if (kind === 'upgrade') {
      if (error === null) return;
      const status = error.code === 'cancelled' ? 'cancelled' : 'refused';
      const failure = status === 'cancelled' ? null : refusalFailure(error);
      // Where it has begun all the same, its journal says how it is.
      if (!(await store.orders.endUnbegun(id, { status, at, failure })))
        await store.orders.end(id, { at, upgrade: id, error });
      return;
    }
    // The record `rollback` in its journal is the answer: until that is stored, the upgrade looks as it did before.
    if (kind === 'rollback' && error === null) return store.orders.markAccepted({ id, host, at });
    const isWithdrawn = kind === 'cancel' && error === null && upgrade === null && order.upgrade !== null;
    if (isWithdrawn) await store.orders.endUnbegun(order.upgrade ?? '', { status: 'cancelled', at, failure: null });
    await store.orders.end(id, { at, upgrade, error });
  }

  return {
    async arrive({ host, agent_version: agentVersion, at }, protocolVersion) {
      const clockSkewMs = Date.parse(at) - clock.now().getTime();
      await store.hosts.arrive({
        host,
        agentVersion,
        protocolVersion,
        clockSkewMs: Number.isNaN(clockSkewMs) ? 0 : clockSkewMs,
        at: now(),
      });
      log.info({ host, agentVersion }, 'a host has connected');
    },
    welcome: (host) => delivery.offerAll(host),
    async leave(host) {
      log.info({ host }, 'a host has gone');
      await store.hosts.leave(host, now());
    },
    async report(host, report) {
      const left = await store.hosts.report(host, report, now());
      if (left.length > 0)
        log.warn({ host, tenants: left }, 'a host reports tenants of another one; they were left there');
    },
    findWanted: (host, streams) => store.upgrades.findWanted(host, streams),
    openStream: (host, upgrade) =>
      store.openStream({
        upgrade,
        host,
        mayBegin: (tenant) => requireTenantOf(host, tenant),
        onStored(answered) {
          for (const id of [upgrade, ...answered]) notices.notify(id);
        },
      }),
    async answer(host, answer) {
      // The one that is given most, to an upgrade: its request has its id.
      if (answer.error === null && answer.upgrade === answer.request_id) {
        await store.orders.markAccepted({ id: answer.request_id, host, at: now() });
        notices.notify(answer.request_id);
        return;
      }
      const order = store.orders.find(answer.request_id);
      // Answers of requests that nobody needs to remember, and repeated ones, end here.
      if (order === null || order.host !== host || order.ended_at !== null) return;
      await answerOrder(order, answer);
      notices.notify(order.id);
      if (order.upgrade !== null) notices.notify(order.upgrade);
    },
  };
}
