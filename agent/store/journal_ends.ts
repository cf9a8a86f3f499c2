// Reads only the first and the last event of a journal: its tenant, and whether it has ended. A host keeps thousands.
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

/** Null where the last event is another one. Reads only from the end. */
export function readEnd(folder: string): JournalEnd | null {
  const line = readLastLine(folder);
  const finish = finishSchema.safeParse(line === null ? null : parseJson(line)).data;
  if (finish === undefined) return null;
  return { status: finish.status, hold: finish.hold, isIdle: finish.n <= maxIdleEvents };
}

/** Null where the last line is torn, and without one. */
function readLastLine(folder: string): string | null {
  return withJournal(folder, (fd) => {
    const chunks: Buffer[] = [];
    for (let end = fstatSync(fd).size; end > 0; ) {
      const start = Math.max(0, end - chunkBytes);
      const chunk = readChunk(fd, start).subarray(0, end - start);
      const isLast = chunks.length === 0;
      if (isLast && chunk.at(-1) !== lineEnd) return null;
      // The line break at the very end is the line's own.
      const before = chunk.lastIndexOf(lineEnd, isLast ? chunk.length - 2 : chunk.length - 1);
      chunks.unshift(chunk.subarray(before + 1));
      if (before !== -1) break;
      end = start;
    }
    return chunks.length === 0 ? null : Buffer.concat(chunks).toString();
  });
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
