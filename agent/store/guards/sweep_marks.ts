// Marks whose upgrade will not remove them any more.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../../../shared/os/log.js';
import { isUpgradeId } from '../find_upgrades.js';
import { journalName } from '../journal.js';
import { readEnd } from '../journal_ends.js';
import type { StateFolder } from '../state_folder.js';
import { createGuard, readMark } from './mark.js';

/**
 * Removes the marks of upgrades that are over, or whose journal is gone: an agent died before it had removed them, or the
 * state folder was put back. Nothing else would, and the tenant would stay down. Call it once, at the start.
 */
export async function sweepMarks(state: Pick<StateFolder, 'guards' | 'upgrades'>, log: Log): Promise<void> {
  const slugs = (await readdir(state.guards)).filter((name) => !name.includes('.'));
  for (const slug of slugs) {
    try {
      const id = await readMark(state.guards, slug);
      if (id === null || mayNeedMark(path.join(state.upgrades, id), id)) continue;
      await createGuard(state.guards, { slug, id }).lower();
      log.warn(
        { tenant: slug, upgrade: id },
        'its units may be started again: the upgrade that held them back is over',
      );
    } catch (error) {
      log.warn(
        { err: error, tenant: slug },
        'its units stay held back: the mark of an earlier upgrade cannot be removed',
      );
    }
  }
}

function mayNeedMark(folder: string, id: string): boolean {
  return isUpgradeId(id) && existsSync(path.join(folder, journalName)) && readEnd(folder)?.hold !== null;
}
