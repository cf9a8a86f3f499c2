// Delivers orders: each is offered whenever its host is there, until the host has answered. Repeating one is harmless.
import type { Clock } from '../../shared/os/clock.js';
import { type ControllerFrame } from '../../shared/wire/protocol.js';
import { remoteRequestSchema } from '../../shared/model/request.js';
import type { OrderRow } from '../store/rows.js';
import type { Store } from '../store/sqlite/open_store.js';
import type { AgentConnections } from './agent_connections.js';

export interface Delivery {
  /** Offers all that a host owes. */
  offerAll(host: string): Promise<void>;
  /** Sends an order that is stored as offered, if its host is there. */
  send(order: OfferedOrder): void;
}

type OfferedOrder = Pick<OrderRow, 'id' | 'kind' | 'tenant' | 'host' | 'request' | 'upgrade' | 'expires_at'>;

export function createDelivery({
  store,
  post,
  clock,
}: {
  store: Store;
  post: AgentConnections;
  clock: Clock;
}): Delivery {
  function send(order: OfferedOrder): void {
    const frame = frameOf(order, clock.now());
    if (frame !== null) post.send(order.host, frame);
  }

  return {
    send,
    async offerAll(host) {
      const orders = store.orders.openOf(host);
      const unoffered = orders.filter(({ offered_at: at }) => at === null).map(({ id }) => id);
      // Stored before it is sent: an order that may have reached its host is no longer the controller's to end.
      if (unoffered.length > 0) await store.orders.markOffered(unoffered, clock.now().toISOString());
      const cancelled = new Set(orders.flatMap(({ kind, upgrade }) => (kind === 'cancel' ? [upgrade] : [])));
      for (const order of orders) {
        // An upgrade that is being cancelled may still be unknown to its host, and is best left so.
        if (order.kind !== 'upgrade' || !cancelled.has(order.id)) send(order);
      }
    },
  };
}

function frameOf(order: OfferedOrder, now: Date): ControllerFrame | null {
  const { id, kind, tenant, request, upgrade } = order;
  const start_within_ms = Math.max(0, Date.parse(order.expires_at) - now.getTime());
  switch (kind) {
    case 'upgrade':
      return { type: 'upgrade', id, tenant, request: remoteRequestSchema.parse(request), start_within_ms };
    case 'rollback': {
      const restore_database = request['restore_database'] === true;
      return { type: 'rollback', request_id: id, id, tenant, restore_database, start_within_ms };
    }
    default:
      if (upgrade === null) return null;
      return { type: 'cancel', request_id: id, id: upgrade, tenant, force: request['force'] === true };
  }
}
