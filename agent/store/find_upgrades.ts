// Finds upgrades on the disk: by id, by tenant, unfinished.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Event, EventOf } from '../../shared/model/journal/events.js';
import { sortByBegin } from './begin_order.js';
import { journalName, readJournal } from './journal.js';
import { readBegin, readEnd, readFirstLine, type JournalEnd } from './journal_ends.js';
import { foldProgress, type Progress } from '../../shared/model/journal/progress.js';
import type { StateFolder } from './state_folder.js';

export interface FoundUpgrade {
  id: string;
  folder: string;
  begin: EventOf<'begin'>;
  events: readonly Event[];
  progress: Progress;
}

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for what `uuidv7()` makes; anything else never becomes part of a path. */
export function isUpgradeId(id: string): boolean {
  return idPattern.test(id);
}

/** The upgrade of this id, or null. An upgrade without a first event never began. */
export function findUpgrade(state: StateFolder, id: string): FoundUpgrade | null {
  const folder = path.join(state.upgrades, id);
  if (!isUpgradeId(id) || !existsSync(path.join(folder, journalName))) return null;
  const { events } = readJournal(folder);
  const [begin] = events;
  return begin?.type === 'begin' ? { id, folder, begin, events, progress: foldProgress(events) } : null;
}

/** The ids of all upgrades whose journals are kept, the one that began last first. */
export async function listUpgradeIds(state: StateFolder): Promise<string[]> {
  return sortByBegin(state, (await readdir(state.upgrades)).filter(isUpgradeId));
}

/**
 * The upgrades of a tenant whose journals are kept, the newest first, read one by one as they are asked for. Other work
 * of this process goes between. A journal whose end is not wanted is not read whole.
 */
export async function* listUpgradesOf(
  state: StateFolder,
  tenant: string,
  isWanted: (end: JournalEnd | null, folder: string) => boolean = () => true,
): AsyncGenerator<FoundUpgrade> {
  for (const id of await listUpgradeIds(state)) {
    await nextTurn();
    const folder = path.join(state.upgrades, id);
    if (readBegin(folder)?.tenant !== tenant || !isWanted(readEnd(folder), folder)) continue;
    const found = findUpgrade(state, id);
    if (found !== null) yield found;
  }
}

/** True once an upgrade of this id has begun, also where its journal cannot be read. */
export function hasBegun(state: StateFolder, id: string): boolean {
  return isUpgradeId(id) && readFirstLine(path.join(state.upgrades, id)) !== null;
}

/** The upgrade of this id if it has begun and neither ended nor stopped to wait for an operator, or null. */
export function findUnfinished(state: StateFolder, id: string): FoundUpgrade | null {
  if (readEnd(path.join(state.upgrades, id)) !== null) return null;
  const found = findUpgrade(state, id);
  return found?.progress.finish === null ? found : null;
}

export interface LatestUpgrade {
  id: string;
  /** It may wait for an operator: its journal says. */
  mayHold: boolean;
}

/**
 * The latest upgrade of each tenant that was not refused, by tenant. Each journal is opened once, and only its ends are read.
 * Other work of this process goes between.
 */
export async function listLatest(state: StateFolder): Promise<Map<string, LatestUpgrade>> {
  const found = new Map<string, LatestUpgrade>();
  for (const id of await listUpgradeIds(state)) {
    await nextTurn();
    const folder = path.join(state.upgrades, id);
    const tenant = readBegin(folder)?.tenant;
    if (tenant === undefined || found.has(tenant)) continue;
    const end = readEnd(folder);
    if (end?.status !== 'refused') found.set(tenant, { id, mayHold: end === null || end.hold !== null });
  }
  return found;
}

/** The latest upgrade of a tenant that was not refused, or null. */
export async function findLatest(state: StateFolder, tenant: string): Promise<FoundUpgrade | null> {
  for await (const upgrade of listUpgradesOf(state, tenant, (end) => end?.status !== 'refused')) return upgrade;
  return null;
}

/**
 * The rollback target of the tenant, or null: the latest upgrade that is held or successful. Upgrades that were
 * refused, had nothing to do or were rolled back left nothing to roll back.
 */
export async function findRollbackTarget(state: StateFolder, tenant: string): Promise<FoundUpgrade | null> {
  const leftNothing = ['refused', 'rolled_back', 'cancelled'];
  const mayBeTarget = (end: JournalEnd | null) =>
    end === null || end.hold !== null || !leftNothing.includes(end.status);
  for await (const upgrade of listUpgradesOf(state, tenant, mayBeTarget)) {
    if (upgrade.progress.begun.size > 0) return upgrade;
  }
  return null;
}
