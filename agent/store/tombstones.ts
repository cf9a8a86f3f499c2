// Tombstones: the ids that never run again though they have no journal, in one append-only file. A line is an id, why
// it never runs, and for a refusal its error code.
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { isErrorCode, type ErrorCode } from '../../shared/errors.js';
import { syncFolder } from '../../shared/os/files.js';
import { isUpgradeId } from './find_upgrades.js';
import { openJournalFile, type JournalFile } from './journal_file.js';
import { unwritable, type StateFolder } from './state_folder.js';

/**
 * `ended`: its journal was pruned. `cancelled`: it was cancelled before this host received it. `refused`: it was refused
 * before it was accepted.
 */
export type Tombstone =
  | { readonly why: 'ended' }
  | { readonly why: 'cancelled' }
  | { readonly why: 'refused'; readonly code: ErrorCode };

export interface Tombstones {
  find(id: string): Tombstone | null;
  /**
   * Remembers it for good. It counts as soon as this method returns its promise, and is on the disk when that resolves.
   * Throws AppError `io`; then it does not count. `id` must be an upgrade's. May be called again.
   */
  remember(id: string, tombstone: Tombstone): Promise<void>;
  /** How many were added without an upgrade that ran: cancelled and refused ones. */
  countUnrun(): number;
  /** Nothing may be remembered after it. */
  close(): void;
}

/** Reads the file, and takes over the single files of an older agent. Works on a read-only disk. */
export async function openTombstones(state: StateFolder): Promise<Tombstones> {
  const known = new Map<string, Tombstone>();
  const file = await openFile(state.tombstones, known);
  await takeOver(state, { known, file });
  let unrun = [...known.values()].filter(isUnrun).length;
  /** What the next write takes with it, and the write. */
  let batch: { lines: Map<string, Tombstone>; written: Promise<void> } | null = null;
  const pending = new Map<string, Promise<void>>();
  let last = Promise.resolve();

  async function write(lines: ReadonlyMap<string, Tombstone>): Promise<void> {
    batch = null;
    try {
      await appendLines(state, { file, lines });
    } catch (error) {
      for (const [id, tombstone] of lines) {
        known.delete(id);
        if (isUnrun(tombstone)) unrun -= 1;
      }
      throw unwritable(state.tombstones, error);
    } finally {
      for (const id of lines.keys()) pending.delete(id);
    }
  }

  function openBatch() {
    const lines = new Map<string, Tombstone>();
    const written = last.catch(() => undefined).then(() => write(lines));
    last = written;
    return { lines, written };
  }

  return {
    find: (id) => known.get(id) ?? null,
    async remember(id, tombstone) {
      if (known.has(id)) return pending.get(id);
      known.set(id, tombstone);
      if (isUnrun(tombstone)) unrun += 1;
      batch ??= openBatch();
      batch.lines.set(id, tombstone);
      pending.set(id, batch.written);
      return batch.written;
    },
    countUnrun: () => unrun,
    close: () => file.close(),
  };
}

const isUnrun = ({ why }: Tombstone) => why !== 'ended';

/** Adds what the file holds to `known`. Lines that are no tombstones are skipped; a torn last line is cut later. */
async function openFile(file: string, known: Map<string, Tombstone>): Promise<JournalFile> {
  const text = existsSync(file) ? await readFile(file, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n').slice(0, -1);
  for (const line of lines) {
    const [id = '', why = '', code = ''] = line.split(' ');
    const tombstone = toTombstone(why, code);
    if (tombstone !== null && isUpgradeId(id)) known.set(id, tombstone);
  }
  return openJournalFile(file, { lines: lines.length, sizeBytes: Buffer.byteLength(whole) });
}

function lineOf(id: string, tombstone: Tombstone): string {
  return `${id} ${tombstone.why}${tombstone.why === 'refused' ? ` ${tombstone.code}` : ''}\n`;
}

function toTombstone(why: string, code: string): Tombstone | null {
  if (why === 'ended' || why === 'cancelled') return { why };
  return why === 'refused' && isErrorCode(code) ? { why, code } : null;
}

interface Addition {
  file: JournalFile;
  lines: ReadonlyMap<string, Tombstone>;
}

/** Returns once they are on the disk. */
async function appendLines({ tombstones }: StateFolder, { file, lines }: Addition): Promise<void> {
  if (!existsSync(tombstones)) {
    await appendFile(tombstones, '', { mode: 0o600 });
    await syncFolder(path.dirname(tombstones));
  }
  file.append([...lines].map(([id, tombstone]) => lineOf(id, tombstone)).join(''));
  await file.sync();
}

/** An older agent had a folder with one file per id, empty for one that had ended. */
async function takeOver(
  state: StateFolder,
  { known, file }: { known: Map<string, Tombstone>; file: JournalFile },
): Promise<void> {
  const folder = state.oldTombstones;
  if (!existsSync(folder)) return;
  const lines = new Map<string, Tombstone>();
  for (const id of (await readdir(folder)).filter(isUpgradeId)) {
    const text = await readFile(path.join(folder, id), 'utf8').catch(() => '');
    lines.set(id, { why: text === '' ? 'ended' : 'cancelled' });
  }
  for (const [id, tombstone] of lines) known.set(id, tombstone);
  try {
    await appendLines(state, { file, lines });
    await rm(folder, { recursive: true });
  } catch {
    // The disk takes nothing now: the folder stays, and the next start takes it over.
  }
}
