// The store: all that the controller must not forget. All SQL lives in this folder.
import { openStoreDatabase, type StoreDatabase } from './database.js';
import { createHostStore, type HostStore } from './hosts.js';
import { createOrderStore, type OrderStore } from './orders.js';
import { openIncomingStream, type IncomingStream } from './incoming_stream.js';
import { createUpgradeStore, type UpgradeStore } from './upgrades.js';

export interface Store {
  hosts: HostStore;
  upgrades: UpgradeStore;
  orders: OrderStore;
  openStream(options: Omit<Parameters<typeof openIncomingStream>[0], 'database'>): Promise<IncomingStream>;
  close(): Promise<void>;
}

/** Opens or makes the store in `file`. Throws AppError `config` for one that a newer version has written. */
export function openStore(file: string): Store {
  const database: StoreDatabase = openStoreDatabase(file);
  return {
    hosts: createHostStore(database),
    upgrades: createUpgradeStore(database),
    orders: createOrderStore(database),
    openStream: (options) => openIncomingStream({ database, ...options }),
    close: () => database.close(),
  };
}
