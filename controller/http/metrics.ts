// Metrics of the controller, as Prometheus reads them. Labels are states and statuses, and never a tenant or a host.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { tenantStates } from '../../shared/model/report/report.js';
import type { Counts } from '../store/counts.js';

export interface Metrics {
  contentType: string;
  /** As they are now. */
  read(): Promise<string>;
}

export interface MetricsOptions {
  readCounts: () => Promise<Counts>;
  countConnected: () => number;
  version: string;
}

/** With a registry of its own: several controllers in one process do not meet. */
export function createMetrics({ readCounts, countConnected, version }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name: `drover_${name}`, help, labelNames, registers: [registry] });
  gauge('build_info', 'The version of the controller', 'version').set({ version }, 1);
  const hosts = gauge('hosts', 'Hosts by their state', 'state');
  const tenants = gauge('tenants', 'Tenants by the state that their hosts report', 'state');
  const drifted = gauge('tenants_drifted', 'Tenants whose work tree was moved by hand');
  const upgrades = gauge('upgrades_open', 'Upgrades that have not ended', 'status');
  const deliveries = gauge('webhook_deliveries', 'Deliveries to webhooks that wait or were given up', 'state');
  return {
    contentType: registry.contentType,
    async read() {
      const counts = await readCounts();
      const connected = countConnected();
      hosts.set({ state: 'connected' }, connected);
      hosts.set({ state: 'offline' }, Math.max(0, (counts.hosts['known'] ?? 0) - connected));
      for (const state of ['joined', 'revoked', 'quarantined']) hosts.set({ state }, counts.hosts[state] ?? 0);
      for (const state of tenantStates) tenants.set({ state }, counts.tenants[state] ?? 0);
      drifted.set(counts.drifted);
      for (const status of ['queued', 'running']) upgrades.set({ status }, counts.openUpgrades[status] ?? 0);
      for (const state of ['waiting', 'failed']) deliveries.set({ state }, counts.deliveries[state] ?? 0);
      return registry.metrics();
    },
  };
}
