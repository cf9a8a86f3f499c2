// Reads the upgrades of this host from its journals, whether an agent runs or not.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { toAppError } from '../../shared/errors.js';
import { findUpgrade, listUpgradeIds, type FoundUpgrade } from '../store/find_upgrades.js';
import { readBegin } from '../store/journal_ends.js';
import type { StateFolder } from '../store/state_folder.js';
import type { Screen } from '../../shared/terminal/screen/screen.js';

/**
 * The upgrades of the wanted tenants, the newest first; `isWanted` is asked before each is read. A journal that cannot be
 * read is noted, and does not hide the others.
 */
export async function* scanUpgrades(
  state: StateFolder,
  screen: Pick<Screen, 'note'>,
  isWanted: (tenant: string) => boolean = () => true,
): AsyncGenerator<FoundUpgrade> {
  // Before the first agent of this host there is no folder.
  if (!existsSync(state.upgrades)) return;
  for (const id of await listUpgradeIds(state)) {
    const begin = readBegin(path.join(state.upgrades, id));
    if (begin !== null && !isWanted(begin.tenant)) continue;
    let found: FoundUpgrade | null = null;
    try {
      found = findUpgrade(state, id);
    } catch (error) {
      screen.note(`drover-agent: skipped: ${toAppError(error).message}`);
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
  yield* scanUpgrades(state, screen, (candidate) => candidate === tenant);
}

/** True while it has neither ended nor stopped because it needs an operator. */
export function isUnfinished({ progress }: FoundUpgrade): boolean {
  return progress.finish === null;
}
