// Turns stored rows into the API's objects, and adds which hosts are connected.
import type { DeliveryState, HostView, Tenant, Upgrade, UpgradeSummary } from '../../shared/wire/api.js';
import type { WaitingState } from '../../shared/wire/protocol.js';
import { AppError } from '../../shared/errors.js';
import { fitted } from '../../shared/model/fit.js';
import { problemsSchema } from '../../shared/model/report/report.js';
import { emptyResult } from '../store/empty_result.js';
import type { NewOrder } from '../store/order.js';
import type { SeenStore } from '../store/port.js';
import type { StoredHost, StoredTenant, StoredUpgrade } from '../store/stored.js';
import { describeTenant, explainDisputes } from './describe_tenant.js';
import { explainState, findHostState } from './host_state.js';
import type { AgentConnections } from './agent_connections.js';

export interface Views {
  tenant: (tenant: StoredTenant) => Tenant;
  host: (host: StoredHost) => HostView;
  /** With its result. */
  upgrade: (upgrade: StoredUpgrade) => Promise<Upgrade>;
  summary: (upgrade: StoredUpgrade) => UpgradeSummary;
  /** The upgrade of an order that was just stored, for a tenant on this version; reads nothing. */
  newUpgrade: (order: NewOrder & { host: string }, version: string | null) => Upgrade;
}

/** Views over what an asker sees; only `upgrade` reads. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createViews(options: {
  seen: SeenStore;
  connections: Pick<AgentConnections, 'isConnected' | 'stateOf'>;
}): Views {
  const { seen, connections } = options;

  function deliveryOf(upgrade: StoredUpgrade): Upgrade['delivery'] {
    return {
      state: findDeliveryState(upgrade, {
        isConnected: connections.isConnected(upgrade.host),
        waiting: connections.stateOf(upgrade.host, upgrade.id),
      }),
      created_at: upgrade.created_at,
      expires_at: upgrade.order?.expires_at ?? null,
      ordered: upgrade.order !== null,
    };
  }

  return {
    tenant: (tenant) => {
      const { host, reported_at, upgrade, host_key_state: keyState, host_connected_at: connectedAt } = tenant;
      const host_state = findHostState({ keyState, connectedAt }, connections.isConnected(host));
      return { ...describeTenant(tenant), host, host_state, reported_at, upgrade };
    },
    host: ({ seen_at, claimed_of_it, claimed_by_it, missing, host_key, ...host }) => {
      const known = { keyState: host_key?.state ?? null, connectedAt: host.connected_at };
      const state = findHostState(known, connections.isConnected(host.host));
      const problems = [
        ...explainState({ ...host, host_key, seen_at }),
        ...explainDisputes({ missing, claimed_of_it, claimed_by_it }),
        ...host.problems,
      ];
      return {
        ...host,
        missing: missing.length,
        key_state: known.keyState,
        problems: fitted(problemsSchema, problems),
        state,
        seen_at: state === 'connected' ? null : seen_at,
      };
    },
    async upgrade(upgrade) {
      const result = await seen.upgrades.readResult(upgrade.id);
      if (result === null) throw new AppError('internal', `the store has no upgrade ${upgrade.id}`);
      return { ...result, delivery: deliveryOf(upgrade) };
    },
    newUpgrade(order, previous_version) {
      const { id, tenant, host, created_at, expires_at } = order;
      const new_version = order.kind === 'upgrade' ? order.request.version : null;
      const state = connections.isConnected(host) ? 'pending' : 'offline';
      return {
        ...emptyResult({ id, tenant, host, status: 'queued', previous_version, new_version, created_at }),
        delivery: { state, created_at, expires_at, ordered: true },
      };
    },
    summary: (upgrade) => ({
      id: upgrade.id,
      tenant: upgrade.tenant,
      host: upgrade.host,
      status: upgrade.status,
      previous_version: upgrade.previous_version,
      new_version: upgrade.new_version,
      current_version: upgrade.current_version,
      started_at: upgrade.started_at ?? upgrade.created_at,
      finished_at: upgrade.finished_at,
      step: upgrade.step,
      message: upgrade.message,
      needs_operator: upgrade.needs_operator,
      delivery: deliveryOf(upgrade),
    }),
  };
}

/**
 * `unreachable` where an offline host has confirmed the order, `offline` where it has not. What a connected host has not
 * said over this connection is not guessed: `pending`. Pure.
 */
export function findDeliveryState(
  { isOver, isCancelling, events, order }: Pick<StoredUpgrade, 'isOver' | 'isCancelling' | 'events' | 'order'>,
  { isConnected, waiting }: { isConnected: boolean; waiting: WaitingState | null },
): DeliveryState {
  if (isOver) return 'ended';
  if (isCancelling) return 'cancelling';
  if (events > 0) return isConnected ? 'running' : 'unreachable';
  if (isConnected) return waiting ?? 'pending';
  return order?.isAccepted === true ? 'unreachable' : 'offline';
}
