// Reads only the first and the last event of a journal: its tenant, its length, and whether it has ended. A host keeps
// thousands.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { journalName } from './journal.js';
import { parseJson } from '../../shared/json.js';

const chunkBytes = 8192;
const lineEnd = 0x0a;
const beginSchema = z.object({ type: z.literal('begin'), tenant: z.string(), at: z.string() });
const finishSchema = z.object({
  type: z.literal('finish'),
  n: z.number(),
  status: z.string(),
  hold: z.string().nullable(),
});
const numberedSchema = z.object({ n: z.int().positive() });
/** The events of an upgrade that never touched its tenant: its begin, at most a line, and its end. */
const maxIdleEvents = 3;

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

/** The last event, if it ends the upgrade or holds it for an operator. */
export interface JournalEnd {
  status: string;
  hold: string | null;
  /** True for an upgrade that ended before its first step, as a refused one does. */
  isIdle: boolean;
}

/** How many events a journal holds: the number of its last complete one, or 0. Reads only from the end. */
export function countEvents(folder: string): number {
  const line = readLastLine(folder)?.text ?? null;
  return numberedSchema.safeParse(line === null ? null : parseJson(line)).data?.n ?? 0;
}

/** Null where the last event is another one or torn. Reads only from the end. */
export function readEnd(folder: string): JournalEnd | null {
  const last = readLastLine(folder);
  const line = last === null || last.isTornAfter ? null : last.text;
  const finish = finishSchema.safeParse(line === null ? null : parseJson(line)).data;
  if (finish === undefined) return null;
  return { status: finish.status, hold: finish.hold, isIdle: finish.n <= maxIdleEvents };
}

/** The last complete line, and whether a torn one follows it; null without one. */
function readLastLine(folder: string): { text: string; isTornAfter: boolean } | null {
  return withJournal(folder, (fd) => {
    const { size } = fstatSync(fd);
    const end = findLineEnd(fd, size);
    if (end === 0) return null;
    // The line break at the very end is the line's own.
    const start = findLineEnd(fd, end - 1);
    const line = Buffer.alloc(end - 1 - start);
    return { text: line.subarray(0, readSync(fd, line, 0, line.length, start)).toString(), isTornAfter: end < size };
  });
}

/** The place right after the last line break before `end`; 0 without one. */
function findLineEnd(fd: number, end: number): number {
  for (let to = end; to > 0; ) {
    const from = Math.max(0, to - chunkBytes);
    const at = readChunk(fd, from)
      .subarray(0, to - from)
      .lastIndexOf(lineEnd);
    if (at !== -1) return from + at + 1;
    to = from;
  }
  return 0;
}

function withJournal<T>(folder: string, read: (fd: number) => T | null): T | null {
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
