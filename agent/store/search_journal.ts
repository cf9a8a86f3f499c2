// Searches a journal for a text without holding it in memory, to spare reading it whole.
import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { journalName } from './journal.js';

const chunkBytes = 64 * 1024;

/** True where the journal's file holds this text, which is shorter than 64 KiB. False where it cannot be opened. */
export function holdsText(folder: string, text: string): boolean {
  const wanted = Buffer.from(text);
  let fd: number;
  try {
    fd = openSync(path.join(folder, journalName), 'r');
  } catch {
    return false;
  }
  try {
    const chunk = Buffer.alloc(chunkBytes);
    // The last bytes of each chunk are read again: the text may lie across two.
    for (let at = 0; ; at += chunkBytes - wanted.length) {
      const length = readSync(fd, chunk, 0, chunkBytes, at);
      if (chunk.subarray(0, length).includes(wanted)) return true;
      if (length < chunkBytes) return false;
    }
  } finally {
    closeSync(fd);
  }
}
