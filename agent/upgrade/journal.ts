// The append-only record of one upgrade: the only truth about it, written before what it announces is done.
import { closeSync, existsSync, fdatasync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../shared/clock.js';
import { AppError } from '../../shared/errors.js';
import { syncFolder } from '../../shared/files.js';
import { eventSchema, type Event, type EventBody } from '../../shared/events.js';

const syncFile = promisify(fdatasync);

export interface Journal {
  /** All records, the newest last. */
  readonly events: readonly Event[];
  /** How many of them would survive a power cut; only those are shown to anyone. */
  readonly durable: number;
  /** Adds a record. What it announces may be done only after `sync`. */
  append(body: EventBody): void;
  /** Returns once all records are on the disk. */
  sync(): Promise<void>;
  /** Calls `listener` whenever more records became durable; returns how to stop that. */
  subscribe(listener: () => void): () => void;
  close(): void;
}

export const journalName = 'journal.jsonl';
/** Room that is given up when the disk is full, so that a rollback can still be written down. */
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

/** Removes what an agent left that died before the first record: nothing of it was ever told or done. */
async function removeUnbegun(folder: string): Promise<void> {
  const hasBegun = existsSync(path.join(folder, journalName)) && readJournal(folder).events.length > 0;
  if (!hasBegun) await rm(folder, { recursive: true, force: true });
}

/** Reads the records of a journal, with the length of the file that holds whole ones: a torn last line is left out. */
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
      throw new AppError('io', `${file}:${index + 1}: not a record of this version's journals`, {
        hint: 'Use the version of Drover that wrote it, or move the folder away once the tenant has been looked after.',
      });
    });
  return { events, sizeBytes: Buffer.byteLength(whole) };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Opens a journal for going on with it; cuts a torn last line off. */
export async function openJournal(folder: string, clock: Clock): Promise<Journal> {
  const fd = openSync(path.join(folder, journalName), 'r+');
  const { events, sizeBytes } = readJournal(folder);
  const listeners = new Set<() => void>();
  let end = sizeBytes;
  let durable = events.length;
  ftruncateSync(fd, end);
  await syncFile(fd);

  function write(line: string): void {
    try {
      end += writeSync(fd, line, end);
    } catch (error) {
      ftruncateSync(fd, end);
      throw error;
    }
  }

  return {
    events,
    get durable() {
      return durable;
    },
    append(body) {
      const event = eventSchema.parse({ n: events.length + 1, at: clock.now().toISOString(), ...body });
      const line = `${JSON.stringify(event)}\n`;
      try {
        write(line);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        releaseReserve(folder);
        write(line);
      }
      events.push(event);
    },
    async sync() {
      const upTo = events.length;
      if (durable >= upTo) return;
      await syncFile(fd);
      durable = Math.max(durable, upTo);
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => closeSync(fd),
  };
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

/** Frees the room kept for a full disk. May be called again. */
export function releaseReserve(folder: string): void {
  rmSync(path.join(folder, reserveName), { force: true });
}
