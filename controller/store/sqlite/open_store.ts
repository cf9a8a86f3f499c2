// The store's adapter for SQLite, in one file.
import { systemClock, type Clock } from '../../../shared/os/clock.js';
import type { Selection } from '../../../shared/selection/selection.js';
import type { SeenStore, Store } from '../port.js';
import { openStoreDatabase, type CommitListeners } from './database/database.js';
import { readCounts } from './counts.js';
import { createFoldStored } from './fold_stored.js';
import { listAudit } from './access/audit.js';
import { createHostReads, createHostStore } from './hosts.js';
import { createSlugStore } from './slugs.js';
import { openIncomingStream } from './incoming_stream.js';
import { createJoinStore } from './access/joining.js';
import { createOrderStore } from './orders/orders.js';
import { createFleetPlanStore } from './rollouts/fleet_plans.js';
import { createFreezeStore } from './rollouts/freezes.js';
import { createRolloutStore } from './rollouts/rollouts.js';
import { createTokenStore } from './access/tokens.js';
import { createWebhookStore } from './webhooks/webhooks.js';
import { createUpgradeReads, createUpgradeStore } from './upgrades.js';

/** `notify` is called with the id of a webhook once a delivery of it that may be due is stored. */
export interface StoreOptions extends CommitListeners {
  clock?: Pick<Clock, 'now'>;
}

/** Opens or makes the store in `file`. Throws AppError `config` for one that a newer version has written. */
export function openStore(file: string, { clock = systemClock, ...listeners }: StoreOptions = {}): Store {
  const database = openStoreDatabase(file, listeners);
  const foldStored = createFoldStored(database.read);
  const [hosts, upgrades] = [createHostStore(database), createUpgradeStore(database, foldStored)];
  const readAs = (scope: Selection | null): SeenStore => ({
    hosts: scope === null ? hosts : createHostReads(database.read, scope),
    upgrades: scope === null ? upgrades : createUpgradeReads(database.read, foldStored, scope),
    listAudit: async (query) => listAudit(database.read, query, scope),
  });
  return {
    hosts,
    upgrades,
    orders: createOrderStore(database),
    tokens: createTokenStore(database),
    slugs: createSlugStore(database),
    joins: createJoinStore(database),
    webhooks: createWebhookStore(database),
    rollouts: createRolloutStore({ database, foldStored, clock }),
    fleetPlans: createFleetPlanStore(database),
    freezes: createFreezeStore(database),
    seenBy: readAs,
    openStream: (options) => openIncomingStream({ database, foldStored, clock }, options),
    readRun: async () => Number(database.read.get('SELECT run FROM controller')?.['run'] ?? 0),
    writeRun: (run) => database.write((sql) => sql.run('UPDATE controller SET run = ?', [run])),
    readCounts: async () => readCounts(database.read),
    probe: () => database.write((sql) => sql.run('UPDATE controller SET id = id')),
    close: () => database.close(),
  };
}
