// Delivers orders: offers each one whenever its host connects, until the host has answered. Repeating is harmless.
import type { Clock } from '../../shared/os/clock.js';
import type { ControllerFrame } from '../../shared/wire/protocol.js';
import type { NewOrder } from '../store/order.js';
import type { Store } from '../store/port.js';
import type { AgentConnections } from './agent_connections.js';

export interface Delivery {
  /** Offers all open orders of a host. May be called again. */
  offerAll(host: string): Promise<void>;
  /** Sends an order that the store has marked as offered, if its host is connected. */
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
      // The store marks the orders as offered before they are sent: only the host may end an order that it may have.
      // Only the marked orders are sent: another one may have ended since the check above.
      const orders = await store.orders.offer(host, clock.now().toISOString());
      const cancelled = new Set(orders.flatMap((order) => (order.kind === 'cancel' ? [order.upgrade] : [])));
      for (const order of orders) {
        // The host may not know an upgrade that is being cancelled. Offering it could start it.
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
      return {
        type: 'upgrade',
        id,
        tenant,
        request: order.request,
        plan_class: order.plan_class,
        rollout: order.rollout,
        start_within_ms,
        key_hash: order.key_hash,
      };
    case 'rollback':
      return {
        type: 'rollback',
        request_id: id,
        id,
        tenant,
        restore_database: order.restore_database,
        only: order.only,
        start_within_ms,
        key_hash: order.key_hash,
      };
    case 'resume':
      return {
        type: 'resume',
        request_id: id,
        tenant,
        accept: order.accept,
        start_within_ms,
        key_hash: order.key_hash,
      };
    case 'mark':
      return { type: 'mark', request_id: id, tenant, ...order.mark, start_within_ms, key_hash: order.key_hash };
    default:
      return { type: 'cancel', request_id: id, id: order.upgrade, tenant, force: order.force, unbegun: order.unbegun };
  }
}
