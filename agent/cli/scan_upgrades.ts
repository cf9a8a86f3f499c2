// Reads the upgrades of this host from its journals, whether an agent runs or not.
import { existsSync } from 'node:fs';
import { toAppError } from '../../shared/errors.js';
import { findUpgrade, listUpgradeIds, type FoundUpgrade } from '../upgrade/find_upgrades.js';
import type { StateFolder } from '../upgrade/state_folder.js';
import type { Screen } from '../../shared/terminal/screen.js';

/** The upgrades, the newest first. A journal that cannot be read is noted, and does not hide the others. */
export async function* scanUpgrades(state: StateFolder, screen: Pick<Screen, 'note'>): AsyncGenerator<FoundUpgrade> {
  // Before the first agent of this host there is no folder.
  if (!existsSync(state.upgrades)) return;
  for (const id of await listUpgradeIds(state)) {
    let found: FoundUpgrade | null = null;
    try {
      found = findUpgrade(state, id);
    } catch (error) {
      screen.note(`drover-agent: left out: ${toAppError(error).message}`);
    }
    if (found !== null) yield found;
  }
}

/** The upgrades of one tenant, the newest first; refused ones as well. */
export async function* scanUpgradesOf(
  state: StateFolder,
  screen: Pick<Screen, 'note'>,
  tenant: string,
): AsyncGenerator<FoundUpgrade> {
  for await (const upgrade of scanUpgrades(state, screen)) if (upgrade.begin.tenant === tenant) yield upgrade;
}

/** True while it has neither ended nor stopped to wait for an operator. */
export function isUnfinished({ progress }: FoundUpgrade): boolean {
  return progress.finish === null;
}
