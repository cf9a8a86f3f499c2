// The hash of a SQLite file's pages, without what changes although the data does not.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const chunkBytes = 1024 ** 2;
/** In the first page, as SQLite's file format has it; offsets and lengths in bytes. */
const counters = [
  { at: 18, length: 2, what: 'the journal mode' },
  { at: 24, length: 4, what: 'the change counter' },
  { at: 40, length: 4, what: 'the schema cookie, which a backup raises' },
  { at: 92, length: 8, what: 'the change counter of the size, and the version of the library that wrote last' },
];
/** SQLite locks the page here and never writes it; a backup leaves it out. It begins a chunk. */
const lockByteAt = 2 ** 30;

/** Hexadecimal. The log must be in the file, and nobody may write. */
export function hashPages(file: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(chunkBytes);
  const descriptor = openSync(file, 'r');
  try {
    let pageBytes = 0;
    for (let at = 0; ; ) {
      const length = readSync(descriptor, chunk, 0, chunkBytes, at);
      if (length === 0) return hash.digest('hex');
      if (at === 0) {
        // 1 stands for 65,536.
        pageBytes = chunk.readUInt16BE(16) === 1 ? 65_536 : chunk.readUInt16BE(16);
        for (const { at: from, length: bytes } of counters) chunk.fill(0, from, from + bytes);
      }
      if (at === lockByteAt) chunk.fill(0, 0, pageBytes);
      hash.update(chunk.subarray(0, length));
      at += length;
    }
  } finally {
    closeSync(descriptor);
  }
}
