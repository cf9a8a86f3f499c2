// An empty store for each test of the contract, and what its tests do with it.
import { afterEach, beforeEach } from 'vitest';
import type { Actor } from '../../../../../controller/store/access.js';
import type { NewOrder } from '../../../../../controller/store/order.js';
import type { IncomingStream, Placed, Placing, Store } from '../../../../../controller/store/port.js';
import type { StreamItem } from '../../../../../shared/model/journal/stream_item.js';
import { makeReport, reportedTenant } from '../../../../helpers/controller/protocol_peer.js';

export interface OpenedStore {
  store: Store;
  /** Closes it, and removes all of it. */
  remove: () => Promise<void>;
}

export interface UsedStore {
  store: Store;
  openStream: (upgrade: string, host?: string) => Promise<IncomingStream>;
  storeAll: (id: string, items: readonly StreamItem[], host?: string) => Promise<void>;
  readItems: (id: string) => Promise<StreamItem[]>;
  /** Connects the host and has it report these tenants; the slugs that were left out. */
  report: (host: string, ...slugs: string[]) => Promise<string[]>;
  add: (order: NewOrder, placing?: Partial<Placing>) => Promise<Placed>;
}

export function useStore(open: () => Promise<OpenedStore>): UsedStore {
  let store: Store;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ store, remove } = await open());
  });
  afterEach(() => remove());

  const openStream = (upgrade: string, host = 'h1') => store.openStream({ upgrade, host, onStored: () => undefined });
  return {
    get store() {
      return store;
    },
    openStream,
    async storeAll(id, items, host) {
      const stream = await openStream(id, host);
      await Promise.all(items.map((item) => stream.add(item)));
    },
    readItems: async (id) => (await store.upgrades.readStream(id, { after: 0, limit: 1000 })).map(({ item }) => item),
    async report(host, ...slugs) {
      await store.hosts.connect({ host, agentVersion: '1', protocolVersion: 1, clockSkewMs: 0, at: now });
      return store.hosts.report(host, makeReport(slugs.map((slug) => reportedTenant(slug))), now);
    },
    add: (order, placing = {}) =>
      store.orders.add(order, { key: null, actor: tester, isOffered: () => false, ...placing }),
  };
}

/** Who asks in the contract. */
export const tester: Actor = { token: 't1', name: 'tester', address: '127.0.0.1', reason: 'a test' };

export const now = '2026-01-01T00:00:00.000Z';

export const about = (id: string, upgrade: string | null) => ({
  id,
  tenant: 'acme',
  host: null,
  upgrade,
  created_at: now,
  expires_at: '2026-01-01T01:00:00.000Z',
});

export function upgradeOrder(id: string): Extract<NewOrder, { kind: 'upgrade' }> {
  const request = { version: 'v0.2.0', force: false, allow_downgrade: false, from: null, commit: null };
  return { kind: 'upgrade', ...about(id, id), upgrade: id, request };
}
