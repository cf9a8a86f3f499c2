// The file of a journal: whole lines at its end for as long as the disk takes them, and none torn or in doubt before them.
import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const syncFile = promisify(fdatasync);

export interface JournalFile {
  /** How many lines it holds. */
  readonly lines: number;
  /** Adds a line. Throws where the disk does not take it; then it is not there, and the next one may be tried. */
  append(line: string): void;
  /**
   * Returns once all lines are on the disk. Throws where that fails; then none since the last sync counts as there, for
   * the kernel may have dropped any of them. One call at a time.
   */
  sync(): Promise<void>;
  close(): void;
}

/** The file that holds whole lines up to there. It is opened when it is written, so it may be on a read-only disk. */
export function openJournalFile(file: string, start: { lines: number; sizeBytes: number }): JournalFile {
  let fd: number | null = null;
  let end = start;
  let synced = start;
  /** True while there may be something beyond the end. */
  let isTorn = true;

  function openTrimmed(): number {
    // Anew after a failure: the file system may be another one by now.
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

/** A disk that is nearly full takes a part and refuses the rest. */
function writeWhole(fd: number, line: string, position: number): number {
  const sizeBytes = Buffer.byteLength(line);
  for (let written = writeSync(fd, line, position); written < sizeBytes; ) {
    written += writeSync(fd, Buffer.from(line).subarray(written), 0, null, position + written);
  }
  return sizeBytes;
}
