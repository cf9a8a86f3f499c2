// Reads only the first and the last event of a journal: its tenant, and whether it has ended. A host keeps thousands.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { journalName } from './journal.js';
import { parseJson } from '../../shared/json.js';

const chunkBytes = 8192;
const beginSchema = z.object({ type: z.literal('begin'), tenant: z.string(), at: z.string() });
const idleSchema = z.object({ type: z.enum(['line', 'finish']) });
const finishSchema = z.object({ type: z.literal('finish') });

/** The first event; null where it is missing or incomplete, as for an upgrade that never began. */
export function readBegin(folder: string): { tenant: string; at: string } | null {
  const line = readFirstLine(folder);
  return beginSchema.safeParse(line === null ? null : parseJson(line)).data ?? null;
}

/** The first line; null where it is missing or incomplete. */
export function readFirstLine(folder: string): string | null {
  return withJournal(folder, (fd) => {
    const chunks: Buffer[] = [];
    for (let at = 0; ; at += chunkBytes) {
      const chunk = readChunk(fd, at);
      const end = chunk.indexOf('\n');
      chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
      if (end !== -1) return Buffer.concat(chunks).toString();
      if (chunk.length < chunkBytes) return null;
    }
  });
}

/**
 * True for one that ended before its first step, as a refused one does. Read from its end; an upgrade that ends in long
 * events may count as well.
 */
export function endsIdle(folder: string): boolean {
  const lines = withJournal(folder, (fd) => {
    const { size } = fstatSync(fd);
    return readChunk(fd, Math.max(0, size - chunkBytes)).toString();
  });
  // The first one is the event `begin`, or the end of it.
  const [, ...whole] = lines?.split('\n').slice(0, -1) ?? [];
  const events = whole.map((line) => idleSchema.safeParse(parseJson(line)));
  return events.length > 0 && events.length <= 2 && events.every(({ success }) => success) && endsInFinish(folder);
}

/**
 * True when the last event ends the upgrade or holds it for an operator. False proves nothing: the event may be too
 * long to be read here, or have others after it.
 */
export function endsInFinish(folder: string): boolean {
  const line = withJournal(folder, (fd) => {
    const { size } = fstatSync(fd);
    const text = readChunk(fd, Math.max(0, size - chunkBytes)).toString();
    return text.endsWith('\n') ? text.slice(text.lastIndexOf('\n', text.length - 2) + 1) : null;
  });
  return finishSchema.safeParse(line === null ? null : parseJson(line)).success;
}

function withJournal(folder: string, read: (fd: number) => string | null): string | null {
  let fd: number;
  try {
    fd = openSync(path.join(folder, journalName), 'r');
  } catch {
    return null;
  }
  try {
    return read(fd);
  } finally {
    closeSync(fd);
  }
}

function readChunk(fd: number, at: number): Buffer {
  const chunk = Buffer.alloc(chunkBytes);
  return chunk.subarray(0, readSync(fd, chunk, 0, chunkBytes, at));
}
