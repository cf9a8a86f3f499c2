// The journal of one upgrade: append-only, the only truth about it. Each action is announced in it before it is done.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../shared/os/clock.js';
import { AppError, toAppError } from '../../shared/errors.js';
import { syncFolder } from '../../shared/os/files.js';
import { eventSchema, type Event, type EventBody } from '../../shared/model/journal/events.js';
import { secretsOfFrozen } from '../config/tenant_file/secrets.js';
import { admitEvent, isEvent } from './admit_event.js';
import { openJournalFile, type JournalFile } from './journal_file.js';
import { parseJson } from '../../shared/json.js';

export interface Journal {
  /** All events, the newest last. */
  readonly events: readonly Event[];
  /** How many events would survive a power cut; only those are shown. */
  readonly durable: number;
  /**
   * Adds an event. The announced action may begin only after `sync`. An event that the disk refuses is held in memory.
   */
  append(body: EventBody): void;
  /** Returns once all events, held ones first, are on the disk. Throws AppError `io`; they are then still held. */
  sync(): Promise<void>;
  /** Calls `listener` whenever more events are durable; returns the function that stops it. */
  subscribe(listener: () => void): () => void;
  /** Closes the file; held events are lost. No event may be added after it. */
  close(): void;
}

export const journalName = 'journal.jsonl';
/** Reserved disk space, freed when the disk is full, so that a rollback's events can still be written. */
const reserveName = 'reserve';
const reserveBytes = 1024 ** 2;

/**
 * Makes the folder of a new upgrade with an empty journal; an upgrade's id is used only once. `secrets` are those of the
 * tenant, which its first event does not name yet. What will never be rolled back needs no reserve.
 */
export async function createJournal(
  folder: string,
  clock: Clock,
  { secrets = [], hasReserve = true }: { secrets?: readonly string[]; hasReserve?: boolean } = {},
): Promise<Journal> {
  await removeUnbegun(folder);
  await mkdir(folder, { mode: 0o700 });
  if (hasReserve) await writeFile(path.join(folder, reserveName), Buffer.alloc(reserveBytes), { mode: 0o600 });
  await writeFile(path.join(folder, journalName), '', { mode: 0o600, flag: 'wx', flush: true });
  await syncFolder(folder);
  await syncFolder(path.dirname(folder));
  return openJournal(folder, clock, secrets);
}

/** Removes a folder without a first event, left by an agent that died: nothing of that upgrade was sent or done. */
async function removeUnbegun(folder: string): Promise<void> {
  const hasBegun = existsSync(path.join(folder, journalName)) && readJournal(folder).events.length > 0;
  if (!hasBegun) await rm(folder, { recursive: true, force: true });
}

/**
 * Reads the events of a journal, and the length of the complete ones in the file; a torn last line is left out. Throws
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
      const event = parseEvent(parseJson(line));
      if (event?.n === index + 1) return event;
      throw new AppError('io', `${file}:${index + 1}: not an event of this version's journals`, {
        hint: 'Use the version of Drover that wrote it, or move the folder away once the tenant has been checked.',
      });
    });
  return { events, sizeBytes: Buffer.byteLength(whole) };
}

/**
 * Opens a journal to add events; removes a torn last line. On a disk that cannot be written, added events are held in
 * memory. Added events are cleaned, masked and bounded; without `secrets` those of the first event's configuration are
 * masked.
 */
export async function openJournal(folder: string, clock: Clock, secrets?: readonly string[]): Promise<Journal> {
  const { events, sizeBytes } = readJournal(folder);
  const masked = secrets ?? (await readSecrets(events));
  const file = path.join(folder, journalName);
  const onDisk = openJournalFile(file, { lines: events.length, sizeBytes });
  const listeners = new Set<() => void>();
  let syncing = Promise.resolve();
  // Events that a killed agent wrote without a sync can be read, but may not survive a power cut.
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
      events.push(admitEvent({ n: events.length + 1, at: clock.now().toISOString(), ...body }, masked));
      try {
        writeOrMakeRoom();
      } catch {
        // The event is held; `sync` throws to callers that need it on the disk.
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

/** The event; null for what is none of this version's journals. */
function parseEvent(value: unknown): Event | null {
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  // From before there were limits: it still counts, and `tellEvent` shortens what is sent of it.
  return isEvent(value) ? value : null;
}

/** Those of the tenant; none where its configuration cannot be used any more: then no command of it runs either. */
async function readSecrets([begin]: readonly Event[]): Promise<string[]> {
  if (begin?.type !== 'begin' || begin.config === null) return [];
  try {
    return await secretsOfFrozen(begin.config);
  } catch {
    return [];
  }
}

/** Writes what is held, in order. */
function writeHeld(onDisk: JournalFile, events: readonly Event[]): void {
  for (const event of events.slice(onDisk.lines)) onDisk.append(`${JSON.stringify(event)}\n`);
}

function unwritable(file: string, cause: unknown): AppError {
  return new AppError('io', `${file} cannot be written: ${toAppError(cause).message}`, {
    cause,
    hint: 'Free space on its disk, or make it writable: the rest of the stream is written then.',
  });
}

/** Reserves the space again, as far as the disk has it: an upgrade that continues after its end may be undone. */
export async function holdReserve(folder: string): Promise<void> {
  const file = path.join(folder, reserveName);
  if (existsSync(file)) return;
  await writeFile(file, Buffer.alloc(reserveBytes), { mode: 0o600 }).catch(() => releaseReserve(folder));
}

/** Frees the reserved space; on a read-only disk it cannot be freed. May be called again. */
export function releaseReserve(folder: string): void {
  try {
    rmSync(path.join(folder, reserveName), { force: true });
  } catch {
    // Ignored: the next write shows whether space is free.
  }
}
