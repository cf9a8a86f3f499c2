// What the store holds, as the API shows it: with what only the link knows, who is there.
import type { DeliveryState, HostView, Tenant, Upgrade, UpgradeSummary } from '../../shared/wire/api.js';
import type { HostRow, OrderRow, TenantRow, UpgradeRow } from '../store/rows.js';
import type { Store } from '../store/sqlite/open_store.js';
import { emptyResult } from '../store/sqlite/upgrades.js';
import type { AgentConnections } from './agent_connections.js';

export interface Views {
  tenant(row: TenantRow): Tenant;
  host(row: HostRow): HostView;
  upgrade(row: UpgradeRow): Upgrade;
  summary(row: UpgradeRow): UpgradeSummary;
  /** Of an upgrade that was ordered just now. */
  newUpgrade(order: Pick<OrderRow, 'id' | 'tenant' | 'host' | 'request' | 'created_at' | 'expires_at'>): Upgrade;
}

export function createViews({ store, post }: { store: Store; post: Pick<AgentConnections, 'isConnected'> }): Views {
  const stateOf = (host: string) => (post.isConnected(host) ? 'connected' : 'offline');

  function deliveryOf(row: UpgradeRow): Upgrade['delivery'] {
    const own = store.orders.find(row.id);
    // One that has ended is looked at most, and has no open order.
    const open = row.over === 0 ? store.orders.openAbout(row.id) : [];
    return {
      state: findDeliveryState(row, { own, open, isConnected: post.isConnected(row.host) }),
      created_at: row.created_at,
      expires_at: own?.expires_at ?? null,
      ordered: own !== null,
    };
  }

  return {
    tenant: ({ host, reported_at, report }) => ({
      ...report,
      host,
      host_state: stateOf(host),
      reported_at,
      upgrade: store.upgrades.findOpen(report.slug)?.id ?? null,
    }),
    host: ({ seen_at, ...row }) => ({
      ...row,
      state: stateOf(row.host),
      seen_at: post.isConnected(row.host) ? null : seen_at,
      tenants: store.hosts.tenantsOf(row.host),
    }),
    upgrade: (row) => ({ ...store.upgrades.readResult(row), delivery: deliveryOf(row) }),
    newUpgrade({ id, tenant, host, request, created_at, expires_at }) {
      const version = typeof request['version'] === 'string' ? request['version'] : null;
      const row = { id, tenant, host, status: 'queued' as const, new_version: version, created_at };
      const state = post.isConnected(host) ? 'pending' : 'offline';
      return { ...emptyResult(row), delivery: { state, created_at, expires_at, ordered: true } };
    },
    summary: (row) => ({
      id: row.id,
      tenant: row.tenant,
      host: row.host,
      status: row.status,
      previous_version: row.previous_version,
      new_version: row.new_version,
      current_version: row.current_version,
      started_at: row.started_at ?? row.created_at,
      finished_at: row.finished_at,
      step: row.step,
      message: row.message,
      needs_operator: row.needs_operator === 1,
      delivery: deliveryOf(row),
    }),
  };
}

/** Offline, running and lost from sight are three things. Pure. */
export function findDeliveryState(
  row: Pick<UpgradeRow, 'over' | 'events'>,
  known: { own: OrderRow | null; open: readonly OrderRow[]; isConnected: boolean },
): DeliveryState {
  const { own, open, isConnected } = known;
  if (row.over === 1) return 'ended';
  if (open.some(({ kind }) => kind === 'cancel')) return 'cancelling';
  if (row.events > 0) return isConnected ? 'running' : 'unreachable';
  if (isConnected) return own?.accepted_at === null ? 'pending' : 'accepted';
  return own?.offered_at === null ? 'offline' : 'unreachable';
}
