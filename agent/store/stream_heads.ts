// The lengths of the streams of this host's upgrades. Only events on the disk count and are sent.
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

/** The head of one upgrade; null without events. Events are counted, not parsed. */
export async function readStreamHead(
  state: StateFolder,
  journals: Pick<OpenJournals, 'find'>,
  upgrade: string,
): Promise<StreamHead | null> {
  const durable = journals.find(upgrade)?.durable;
  const events = durable ?? (isUpgradeId(upgrade) ? await countEvents(path.join(state.upgrades, upgrade)) : 0);
  return events === 0 ? null : { upgrade, events };
}

/** The heads of all upgrades whose journals are kept, newest first. */
export async function listStreamHeads(state: StateFolder, journals: Pick<OpenJournals, 'find'>): Promise<StreamHead[]> {
  const heads: StreamHead[] = [];
  for (const id of await listUpgradeIds(state)) {
    const head = await readStreamHead(state, journals, id);
    if (head !== null) heads.push(head);
  }
  return heads;
}

/** Counts complete lines; 0 where the journal does not exist (any more). */
async function countEvents(folder: string): Promise<number> {
  const bytes = await readFile(path.join(folder, journalName)).catch(() => Buffer.alloc(0));
  let count = 0;
  for (let at = bytes.indexOf(lineEnd); at !== -1; at = bytes.indexOf(lineEnd, at + 1)) count += 1;
  return count;
}
