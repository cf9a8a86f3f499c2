// Delivers orders: offers each one whenever its host connects, until the host has answered. Repeating is harmless.
import type { Clock } from '../../shared/os/clock.js';
import type { NewOrder } from '../store/order.js';
import type { Store } from '../store/port.js';
import type { AgentConnections } from './agent_connections.js';
import { createOrderFrames } from './order_frames.js';

export interface Offered {
  host: string;
  order: NewOrder;
}

export interface Delivery {
  /** Offers all open orders of a host. May be called again. */
  offerAll(host: string): Promise<void>;
  /** Sends orders that the store has marked as offered, to those hosts that are connected. */
  send(orders: readonly Offered[]): void;
}

/** Delivery over these connections. */
export function createDelivery(options: { store: Store; connections: AgentConnections; clock: Clock }): Delivery {
  const { store, connections, clock } = options;

  function send(orders: readonly Offered[]): void {
    const frameOf = createOrderFrames(clock.now());
    for (const { host, order } of orders) connections.send(host, frameOf(order));
  }

  return {
    send,
    async offerAll(host) {
      if ((await store.orders.openOf(host)).length === 0) return;
      // The store marks the orders as offered before they are sent: only the host may end an order that it may have.
      // Only the marked orders are sent: another one may have ended since the check above.
      const orders = await store.orders.offer(host, clock.now().toISOString());
      const cancelled = new Set(orders.flatMap((order) => (order.kind === 'cancel' ? [order.upgrade] : [])));
      // The host may not know an upgrade that is being cancelled. Offering it could start it.
      const offered = orders.filter(({ kind, id }) => kind !== 'upgrade' || !cancelled.has(id));
      send(offered.map((order) => ({ host, order })));
    },
  };
}
