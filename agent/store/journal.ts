// The journal of one upgrade, append-only: the only truth about it, written before what it announces is done.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../shared/os/clock.js';
import { AppError, toAppError } from '../../shared/errors.js';
import { syncFolder } from '../../shared/os/files.js';
import { eventSchema, type Event, type EventBody } from '../../shared/model/events.js';
import { openJournalFile, type JournalFile } from './journal_file.js';
import { parseJson } from '../../shared/json.js';

export interface Journal {
  /** All events, the newest last. */
  readonly events: readonly Event[];
  /** How many of them would survive a power cut; only those are shown to anyone. */
  readonly durable: number;
  /** Adds an event. What it announces may be done only after `sync`. An event that the disk does not take is held. */
  append(body: EventBody): void;
  /** Returns once all events, held ones first, are on the disk. Throws AppError `io`; they are then still held. */
  sync(): Promise<void>;
  /** Calls `listener` whenever more events became durable; returns how to stop that. */
  subscribe(listener: () => void): () => void;
  /** Gives the file back; held events are lost. Nothing may be added after it. */
  close(): void;
}

export const journalName = 'journal.jsonl';
/** Room that is given up when the disk is full, so that a rollback's events can still be written. */
const reserveName = 'reserve';
const reserveBytes = 1024 ** 2;

/** Makes the folder of a new upgrade with an empty journal; an upgrade's id is used once, for good. */
export async function createJournal(folder: string, clock: Clock): Promise<Journal> {
  await removeUnbegun(folder);
  await mkdir(folder, { mode: 0o700 });
  await writeFile(path.join(folder, reserveName), Buffer.alloc(reserveBytes), { mode: 0o600 });
  await writeFile(path.join(folder, journalName), '', { mode: 0o600, flag: 'wx', flush: true });
  await syncFolder(folder);
  await syncFolder(path.dirname(folder));
  return openJournal(folder, clock);
}

/** Removes what an agent left that died before the first event: nothing of it was ever sent or done. */
async function removeUnbegun(folder: string): Promise<void> {
  const hasBegun = existsSync(path.join(folder, journalName)) && readJournal(folder).events.length > 0;
  if (!hasBegun) await rm(folder, { recursive: true, force: true });
}

/**
 * Reads the events of a journal, with the length of the file that holds whole ones: a torn last line is left out. Throws
 * AppError `io` for a line that is no event.
 */
export function readJournal(folder: string): { events: Event[]; sizeBytes: number } {
  const file = path.join(folder, journalName);
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const events = whole
    .split('\n')
    .slice(0, -1)
    .map((line, index) => {
      const parsed = eventSchema.safeParse(parseJson(line));
      if (parsed.success && parsed.data.n === index + 1) return parsed.data;
      throw new AppError('io', `${file}:${index + 1}: not an event of this version's journals`, {
        hint: 'Use the version of Drover that wrote it, or move the folder away once the tenant has been checked.',
      });
    });
  return { events, sizeBytes: Buffer.byteLength(whole) };
}

/**
 * Opens a journal to add to it; cuts a torn last line off. On a disk that cannot be written it is read, and what
 * is added to it is held.
 */
export async function openJournal(folder: string, clock: Clock): Promise<Journal> {
  const { events, sizeBytes } = readJournal(folder);
  const file = path.join(folder, journalName);
  const onDisk = openJournalFile(file, { lines: events.length, sizeBytes });
  const listeners = new Set<() => void>();
  let syncing = Promise.resolve();
  // What an agent that was killed wrote without syncing it is there, but may not survive a power cut.
  let durable = 0;

  function writeOrMakeRoom(): void {
    try {
      writeHeld(onDisk, events);
    } catch {
      releaseReserve(folder);
      writeHeld(onDisk, events);
    }
  }

  async function syncAll(): Promise<void> {
    const upTo = events.length;
    if (durable >= upTo) return;
    try {
      writeOrMakeRoom();
      await onDisk.sync();
    } catch (error) {
      throw unwritable(file, error);
    }
    durable = upTo;
    for (const listener of listeners) listener();
  }

  const journal: Journal = {
    events,
    get durable() {
      return durable;
    },
    append(body) {
      events.push(eventSchema.parse({ n: events.length + 1, at: clock.now().toISOString(), ...body }));
      try {
        writeOrMakeRoom();
      } catch {
        // Held: whoever has to rely on it learns that from `sync`.
      }
    },
    sync() {
      syncing = syncing.catch(() => undefined).then(syncAll);
      return syncing;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => onDisk.close(),
  };
  await journal.sync().catch(() => undefined);
  return journal;
}

/** Writes what is held, in order. */
function writeHeld(onDisk: JournalFile, events: readonly Event[]): void {
  for (const event of events.slice(onDisk.lines)) onDisk.append(`${JSON.stringify(event)}\n`);
}

function unwritable(file: string, cause: unknown): AppError {
  return new AppError('io', `${file} cannot be written: ${toAppError(cause).message}`, {
    cause,
    hint: 'Make room on its disk, or make it writable again: the rest of the stream is written then.',
  });
}

/** Frees the room kept for a full disk; on a read-only one there is none to be had. May be called again. */
export function releaseReserve(folder: string): void {
  try {
    rmSync(path.join(folder, reserveName), { force: true });
  } catch {
    // Whoever needs the room finds out.
  }
}
