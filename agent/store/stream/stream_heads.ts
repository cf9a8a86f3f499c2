// The lengths of the streams of this host's upgrades. Only events on the disk count and are sent.
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isUpgradeId, listUpgradeIds } from '../find_upgrades.js';
import { countEvents } from '../journal_ends.js';
import type { OpenJournals } from '../open_journals.js';
import type { StateFolder } from '../state_folder.js';

export interface StreamHead {
  upgrade: string;
  events: number;
}

/** The head of one upgrade; null without events. Only the last event is read. */
export async function readStreamHead(
  state: StateFolder,
  journals: Pick<OpenJournals, 'find'>,
  upgrade: string,
): Promise<StreamHead | null> {
  const durable = journals.find(upgrade)?.durable;
  const events = durable ?? (isUpgradeId(upgrade) ? countEvents(path.join(state.upgrades, upgrade)) : 0);
  return events === 0 ? null : { upgrade, events };
}

/** The heads of all upgrades whose journals are kept, newest first. */
export async function listStreamHeads(state: StateFolder, journals: Pick<OpenJournals, 'find'>): Promise<StreamHead[]> {
  const heads: StreamHead[] = [];
  for (const id of await listUpgradeIds(state)) {
    await nextTurn();
    const head = await readStreamHead(state, journals, id);
    if (head !== null) heads.push(head);
  }
  return heads;
}
