// How far the streams of this host's upgrades reach: only events that are on the disk are ever sent.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isUpgradeId, listUpgradeIds } from './find_upgrades.js';
import { journalName } from './journal.js';
import type { OpenJournals } from './open_journals.js';
import type { StateFolder } from './state_folder.js';

export interface StreamHead {
  upgrade: string;
  events: number;
}

const lineEnd = 0x0a;

/** Of one upgrade; null where there is no event of it. Events are counted, not read. */
export async function readStreamHead(
  state: StateFolder,
  journals: Pick<OpenJournals, 'find'>,
  upgrade: string,
): Promise<StreamHead | null> {
  const durable = journals.find(upgrade)?.durable;
  const events = durable ?? (isUpgradeId(upgrade) ? await countEvents(path.join(state.upgrades, upgrade)) : 0);
  return events === 0 ? null : { upgrade, events };
}

/** Of every upgrade whose journal is kept, the newest first. */
export async function listStreamHeads(state: StateFolder, journals: Pick<OpenJournals, 'find'>): Promise<StreamHead[]> {
  const heads: StreamHead[] = [];
  for (const id of await listUpgradeIds(state)) {
    const head = await readStreamHead(state, journals, id);
    if (head !== null) heads.push(head);
  }
  return heads;
}

/** Whole lines; 0 where there is no journal (any more). */
async function countEvents(folder: string): Promise<number> {
  const bytes = await readFile(path.join(folder, journalName)).catch(() => Buffer.alloc(0));
  let count = 0;
  for (let at = bytes.indexOf(lineEnd); at !== -1; at = bytes.indexOf(lineEnd, at + 1)) count += 1;
  return count;
}
