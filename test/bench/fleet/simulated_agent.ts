// A simulated agent: the product's own protocol code over a host that does not exist. Its upgrades never begin.
import type { AgentPort } from '../../../agent/uplink/agent_protocol.js';
import type { Report } from '../../../shared/model/report/report.js';

const facts: Report['facts'] = {
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0',
  arch: 'x64',
  cpus: 2,
  memory_bytes: 8 * 1024 ** 3,
  node: 'v20.20.2',
};

const figures: Report['figures'] = {
  load_1m: 0.5,
  load_5m: 0.25,
  load_15m: 0.1,
  memory_available_bytes: 4 * 1024 ** 3,
  state_disk: { total_bytes: 100e9, free_bytes: 50e9 },
  disks: [{ path: '/', total_bytes: 100e9, free_bytes: 50e9 }],
};

function notSimulated(): never {
  throw new Error('not simulated');
}

/** What a host with these tenants reports. */
export function reportOf(slugs: readonly string[]): Report {
  const tenants = slugs.map((slug) => ({
    slug,
    version: 'v0.1.0',
    commit: 'a'.repeat(40),
    detected: false,
    head: 'a'.repeat(40),
    drift: null,
    state: 'idle' as const,
    hold: null,
    labels: { ring: 'canary' },
    problems: [],
  }));
  return { type: 'report', facts, figures, tenants, problems: [] };
}

/** Host `hN` with the tenant `tN`. */
export function simulateAgent(n: number, change: Partial<AgentPort> = {}): AgentPort {
  return {
    hello: () => ({ agent_version: '0.1.0', at: new Date().toISOString() }),
    report: async () => reportOf([`t${n}`]),
    listStreams: async () => [],
    readStream: async () => null,
    listWaiting: () => [],
    isActive: () => false,
    openStream: notSimulated,
    upgrades: {
      upgrade: async () => undefined,
      findFirst: () => null,
      plan: notSimulated,
      planTenants: notSimulated,
      rollback: notSimulated,
      resume: notSimulated,
      mark: notSimulated,
      adopt: notSimulated,
      cancel: notSimulated,
    },
    ...change,
  };
}
