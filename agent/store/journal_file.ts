// The file of a journal. It appends complete lines, and never after a torn line or one that may not be on the disk.
import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const syncFile = promisify(fdatasync);

export interface JournalFile {
  /** How many lines it holds. */
  readonly lines: number;
  /** Adds a line. Throws where the disk refuses it; then the file does not hold it, and the next one may be tried. */
  append(line: string): void;
  /**
   * Returns once all lines are on the disk. Throws where that fails; then no line since the last sync counts as
   * written, because the kernel may have dropped any of them. One call at a time.
   */
  sync(): Promise<void>;
  close(): void;
}

/**
 * Opens the file at the end of its complete lines. It is opened for writing only on a write: the disk may be read-only.
 */
export function openJournalFile(file: string, start: { lines: number; sizeBytes: number }): JournalFile {
  let fd: number | null = null;
  let end = start;
  let synced = start;
  /** True while the file may hold bytes after the end. */
  let isTorn = true;

  function openTrimmed(): number {
    // Opened again after a failure: another file system may be mounted by now.
    fd ??= openSync(file, 'r+');
    if (isTorn) ftruncateSync(fd, end.sizeBytes);
    isTorn = false;
    return fd;
  }

  function close(): void {
    if (fd !== null) closeSync(fd);
    fd = null;
  }

  return {
    get lines() {
      return end.lines;
    },
    append(line) {
      const open = openTrimmed();
      isTorn = true;
      const sizeBytes = writeWhole(open, line, end.sizeBytes);
      isTorn = false;
      end = { lines: end.lines + 1, sizeBytes: end.sizeBytes + sizeBytes };
    },
    async sync() {
      const upTo = end;
      try {
        await syncFile(openTrimmed());
        synced = upTo;
      } catch (error) {
        close();
        [end, isTorn] = [synced, true];
        throw error;
      }
    },
    close,
  };
}

/** A nearly full disk accepts a part of a write and refuses the rest. */
function writeWhole(fd: number, line: string, position: number): number {
  const sizeBytes = Buffer.byteLength(line);
  for (let written = writeSync(fd, line, position); written < sizeBytes; ) {
    written += writeSync(fd, Buffer.from(line).subarray(written), 0, null, position + written);
  }
  return sizeBytes;
}
