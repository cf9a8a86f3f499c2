// Delivers orders: each is offered whenever its host is connected, until the host has answered. Repeating one is harmless.
import type { Clock } from '../../shared/os/clock.js';
import type { ControllerFrame } from '../../shared/wire/protocol.js';
import type { NewOrder } from '../store/order.js';
import type { Store } from '../store/port.js';
import type { AgentConnections } from './agent_connections.js';

export interface Delivery {
  /** Offers all open orders of a host. May be called again. */
  offerAll(host: string): Promise<void>;
  /** Sends an order that is stored as offered, if its host is connected. */
  send(host: string, order: NewOrder): void;
}

/** Delivery over these connections. */
export function createDelivery(options: { store: Store; connections: AgentConnections; clock: Clock }): Delivery {
  const { store, connections, clock } = options;

  function send(host: string, order: NewOrder): void {
    connections.send(host, frameOf(order, clock.now()));
  }

  return {
    send,
    async offerAll(host) {
      if ((await store.orders.openOf(host)).length === 0) return;
      // Stored before it is sent, and sent as it was then: an order that may have reached its host is no longer the
      // controller's to end, and one that was ended before is not sent.
      const orders = await store.orders.offer(host, clock.now().toISOString());
      const cancelled = new Set(orders.flatMap((order) => (order.kind === 'cancel' ? [order.upgrade] : [])));
      for (const order of orders) {
        // An upgrade that is being cancelled may still be unknown to its host, and is best left so.
        if (order.kind !== 'upgrade' || !cancelled.has(order.id)) send(host, order);
      }
    },
  };
}

function frameOf(order: NewOrder, now: Date): ControllerFrame {
  const { id, tenant } = order;
  const start_within_ms = Math.max(0, Date.parse(order.expires_at) - now.getTime());
  switch (order.kind) {
    case 'upgrade':
      return { type: 'upgrade', id, tenant, request: order.request, start_within_ms };
    case 'rollback':
      return {
        type: 'rollback',
        request_id: id,
        id,
        tenant,
        restore_database: order.restore_database,
        start_within_ms,
      };
    default:
      return { type: 'cancel', request_id: id, id: order.upgrade, tenant, force: order.force };
  }
}
