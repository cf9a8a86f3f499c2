// A simulated host for the uplink's protocol: its upgrades' streams are in memory, and it accepts no request.
import type { AgentPort } from '../../../agent/uplink/agent_protocol.js';
import type { StreamItem } from '../../../shared/model/journal/stream_item.js';

const facts = { os: '', kernel: '', arch: '', cpus: 1, memory_bytes: 1, node: '' };
const load = { load_1m: 0, load_5m: 0, load_15m: 0 };
const none = async () => {
  throw new Error('not asked for');
};

/** `readItems` gives an upgrade's items from an event on; `heads` the upgrades with the number of their events. */
export function createMemoryPort(
  heads: () => Map<string, number>,
  readItems: (upgrade: string, events: number) => AsyncIterable<StreamItem>,
): AgentPort {
  return {
    hello: () => ({ agent_version: '1', at: '2026-01-01T00:00:00.000Z' }),
    report: async () => ({
      type: 'report',
      facts,
      figures: { ...load, memory_available_bytes: 1, state_disk: { total_bytes: 1, free_bytes: 1 }, disks: [] },
      tenants: [],
      problems: [],
    }),
    listStreams: async () => [...heads()].map(([upgrade, events]) => ({ upgrade, events })),
    readStream: async (upgrade) => ({ upgrade, events: heads().get(upgrade) ?? 0 }),
    listWaiting: () => [],
    isActive: () => false,
    openStream: (upgrade, { events }) => readItems(upgrade, events),
    upgrades: {
      plan: none,
      planTenants: none,
      upgrade: async () => undefined,
      findFirst: () => null,
      rollback: none,
      resume: none,
      mark: none,
      adopt: none,
      cancel: none,
    },
  };
}
