// What is looked at from outside when a chaos run is quiet: tenants, journals of the hosts, upgrades of the controller.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eventSchema, type Event } from '../../shared/model/journal/events.js';
import type { UpgradeSummary } from '../../shared/wire/api.js';
import { lookAtTenant, type TenantView } from '../helpers/agent/look_at_tenant.js';
import type { ChaosHost, ChaosTenant } from './chaos_host.js';
import type { World } from './world.js';
import type { AcknowledgedNote } from './writer.js';

export interface SeenTenant {
  host: ChaosHost;
  tenant: ChaosTenant;
  view: TenantView;
  /** The notes that had been acknowledged before the tenant was looked at: its writer goes on. */
  acknowledged: readonly AcknowledgedNote[];
  /** Of its upgrades, by id; without those that the host has pruned. */
  journals: ReadonlyMap<string, readonly Event[]>;
}

export interface QuietPoint {
  world: World;
  tenants: readonly SeenTenant[];
  /** As the controller lists them. */
  upgrades: readonly UpgradeSummary[];
}

/** Holds of every quiet point, or says what is wrong, thing by thing. */
export type Invariant = (point: QuietPoint) => Promise<string[]>;

/** Looks; changes nothing. */
export async function lookAtWorld(world: World): Promise<QuietPoint> {
  const tenants: SeenTenant[] = [];
  for (const host of world.hosts) {
    const journals = readJournals(host.stateFolder);
    for (const tenant of host.tenants) {
      const own = [...journals].filter(([, [begin]]) => begin?.type === 'begin' && begin.tenant === tenant.slug);
      const acknowledged = [...tenant.writer.acknowledged];
      const view = await lookAtTenant(tenant, host.stateFolder);
      tenants.push({ host, tenant, view, acknowledged, journals: new Map(own) });
    }
  }
  const { items } = await world.controller.client.listUpgrades({ limit: 1000 });
  return { world, tenants, upgrades: items };
}

function readJournals(stateFolder: string): Map<string, Event[]> {
  const folder = path.join(stateFolder, 'upgrades');
  const read = (id: string) => {
    const file = path.join(folder, id, 'journal.jsonl');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    return lines.map((line) => eventSchema.parse(JSON.parse(line)));
  };
  return new Map(readdirSync(folder).map((id) => [id, read(id)]));
}
