// A simulated host that plans its tenants, and whose upgrades find nothing to do and end at once: what is left is Drover's work.
import type { AgentPort } from '../../../agent/uplink/agent_protocol.js';
import type { Event, EventBody } from '../../../shared/model/journal/events.js';
import type { Plan } from '../../../shared/model/plan/plan.js';
import { reportOf, simulateAgent } from './simulated_agent.js';

/** How many plan classes a fleet of these has. */
export const planClasses = 10;

const version = 'v0.2.0';
const commit = 'c'.repeat(40);
const hash = (n: number) => n.toString(16).padStart(64, '0');

export interface WorkingHost {
  host: string;
  tenants: readonly string[];
  /** Called with an upgrade that has begun. */
  announce: (upgrade: string) => void;
  /** Called once it has reported. */
  onReported: () => void;
}

/** A host with these tenants. */
export function simulateWork({ host, tenants, announce, onReported }: WorkingHost): AgentPort {
  const journals = new Map<string, readonly Event[]>();
  const { upgrades, ...idle } = simulateAgent(0);
  return {
    ...idle,
    report: async () => reportOf(tenants),
    async listStreams() {
      onReported();
      return [];
    },
    async readStream(upgrade) {
      const events = journals.get(upgrade)?.length;
      return events === undefined ? null : { upgrade, events };
    },
    isActive: () => true,
    async *openStream(upgrade, { events }) {
      for (const event of journals.get(upgrade)?.slice(events) ?? []) yield { event };
    },
    upgrades: {
      ...upgrades,
      async upgrade(id, tenant, { request }) {
        const at = new Date().toISOString();
        const none = { hold: null, failure: null };
        const bodies: EventBody[] = [
          { type: 'begin', version: 1, id, tenant, host, request, plan: null, current_version: version, config: null },
          { type: 'finish', status: 'success', current_version: version, ...none },
        ];
        journals.set(
          id,
          bodies.map((body, index) => ({ n: index + 1, at, ...body })),
        );
        // Once it is answered.
        setImmediate(announce, id);
      },
      async planTenants({ tenants: asked }, { sink }) {
        for (const tenant of asked) await sink.add({ tenant, plan: makePlan(host, tenant) });
      },
    },
  };
}

/** Of a size that plans have; its class is that of the tenant's number. */
function makePlan(host: string, tenant: string): Plan {
  const own = Number(tenant.slice(1)) % planClasses;
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  const migrations = numbers.map((n) => ({
    file: `migrations/00${n}_change_a_table.sql`,
    sha256: hash(n),
    tag: version,
  }));
  return {
    tenant,
    host,
    made_at: new Date().toISOString(),
    kind: 'upgrade',
    previous: { version: 'v0.1.0', commit: 'a'.repeat(40) },
    target: { version, commit },
    crossed: [version],
    hooks: [],
    migrations: migrations.slice(own),
    known_migrations: migrations.map(({ file, sha256 }) => ({ file, sha256 })),
    requirements: { action: 'unchanged', key: hash(1), reason: 'its files have not changed', files: hash(2) },
    changed_files: 120,
    branch: 'refs/heads/main',
    migrations_by: null,
    discarded: [],
    record: null,
    disk: [{ folder: `/srv/${tenant}`, needed_bytes: 1e6, free_bytes: 1e9 }],
    warnings: [],
    warning_codes: [],
    blockers: [],
  };
}
