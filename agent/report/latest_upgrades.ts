// Each tenant's latest upgrade that was not refused. All journals are read once, at first use; only ids are kept.
import { findUpgrade, listUpgradeIds, type FoundUpgrade } from '../store/find_upgrades.js';
import type { StateFolder } from '../store/state_folder.js';

export interface LatestUpgrades {
  /** Null also where its journal cannot be read. */
  find(tenant: string): Promise<FoundUpgrade | null>;
  /** To be called when an upgrade of this tenant has begun, continued or ended. */
  note(id: string): string | null;
}

/** Reads no journal before the first `find`. */
export function createLatestUpgrades(state: StateFolder): LatestUpgrades {
  const latest = new Map<string, string>();
  let scan: Promise<void> | null = null;

  /** Null also for a journal that cannot be read; the agent has logged that at its start. */
  function read(id: string): FoundUpgrade | null {
    try {
      return findUpgrade(state, id);
    } catch {
      return null;
    }
  }

  function note(id: string): string | null {
    const upgrade = read(id);
    if (upgrade === null) return null;
    const { tenant } = upgrade.begin;
    // Ids are UUIDv7: the greater one is the later one.
    const isLatest = (latest.get(tenant) ?? '') <= id;
    if (isLatest && upgrade.progress.finish?.status !== 'refused') latest.set(tenant, id);
    return tenant;
  }

  return {
    note,
    async find(tenant) {
      scan ??= listUpgradeIds(state).then((ids) => ids.forEach((id) => note(id)));
      await scan;
      const id = latest.get(tenant);
      return id === undefined ? null : read(id);
    },
  };
}
