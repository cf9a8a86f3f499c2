// Each tenant's latest upgrade that was not refused. The ends of all journals are read once, at first use; only ids are
// kept.
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { findUpgrade, listUpgradeIds, type FoundUpgrade } from '../store/find_upgrades.js';
import { readBegin, readEnd } from '../store/journal_ends.js';
import type { StateFolder } from '../store/state_folder.js';

export interface LatestUpgrades {
  /** Null also where its journal cannot be read. */
  find(tenant: string): Promise<FoundUpgrade | null>;
  /** To be called when an upgrade of this tenant has begun, continued or ended. */
  note(id: string): string | null;
}

/** Reads no journal before the first `find`; other work of this process goes between the journals. */
export function createLatestUpgrades(state: StateFolder): LatestUpgrades {
  const latest = new Map<string, string>();
  const seen = new Set<string>();
  let scan: Promise<void> | null = null;

  /** Null also for a journal that cannot be read; the agent has logged that at its start. */
  function read(id: string): FoundUpgrade | null {
    try {
      return findUpgrade(state, id);
    } catch {
      return null;
    }
  }

  const tenantOf = (id: string) => readBegin(path.join(state.upgrades, id))?.tenant ?? null;

  /** To be called with the oldest first: an upgrade that was not seen before is the latest. */
  function see(id: string): void {
    const tenant = tenantOf(id);
    if (tenant === null || seen.has(id) || readEnd(path.join(state.upgrades, id))?.status === 'refused') return;
    seen.add(id);
    latest.set(tenant, id);
  }

  async function scanAll(): Promise<void> {
    for (const id of (await listUpgradeIds(state)).toReversed()) {
      await nextTurn();
      see(id);
    }
  }

  return {
    note(id) {
      // `find` reports the error of a scan.
      scan?.then(
        () => see(id),
        () => undefined,
      );
      return tenantOf(id);
    },
    async find(tenant) {
      scan ??= scanAll();
      await scan;
      const id = latest.get(tenant);
      return id === undefined ? null : read(id);
    },
  };
}
