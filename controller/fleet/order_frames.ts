// The frames that offer orders. Those of a wave differ in their ids and tenants only: the rest is encoded once.
import type { ControllerFrame } from '../../shared/wire/protocol.js';
import type { NewOrder } from '../store/order.js';

/** A frame, or one that is encoded already. */
export type Sendable = ControllerFrame | string;

/** Makes the frames of orders that are sent now. */
export function createOrderFrames(now: Date): (order: NewOrder) => Sendable {
  let known: { order: NewOrder; rest: string } | null = null;
  return (order) => {
    if (order.kind !== 'upgrade') return frameOf(order, now);
    if (known === null || !isAlike(known.order, order)) {
      const rest = { ...frameOf(order, now), id: undefined, tenant: undefined };
      known = { order, rest: JSON.stringify(rest).slice(1) };
    }
    return `{"id":${JSON.stringify(order.id)},"tenant":${JSON.stringify(order.tenant)},${known.rest}`;
  };
}

/** True for orders that were made together: they share what they ask for. */
function isAlike(one: NewOrder, other: NewOrder): boolean {
  if (one.kind !== 'upgrade' || other.kind !== 'upgrade') return false;
  const isSameWish = one.request === other.request && one.rollout === other.rollout;
  const isSameRest = one.plan_class === other.plan_class && one.key_hash === other.key_hash;
  return isSameWish && isSameRest && one.expires_at === other.expires_at;
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
