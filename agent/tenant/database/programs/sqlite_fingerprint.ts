// Program: prints a fingerprint of a SQLite database: a line that changes whenever the data changes.
//
// Why it is sound. After the full checkpoint all data is in the one file, so whatever is written later changes that
// file before the next fingerprint is taken, which checkpoints, too:
// - a transaction with a rollback journal raises the change counter in the first page, whose hash is part of the line;
// - a transaction in a write-ahead log may leave the first page alone, but the checkpoint writes its pages into the
//   file, and that sets the file's time of modification;
// - a file that takes the database's place has another inode.
// The kernel's clock for files moves in ticks, so a second write in one tick would not show. The program therefore
// waits until the tick of the last write is over. Opening, reading and closing never write to the file, in any journal
// mode.
import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, fstatSync, fsyncSync, openSync, readSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { statOrNull } from './files.js';
import { runProgram } from './program.js';
import { isLocked, openExisting, readRows } from './sqlite.js';

/** The largest page of SQLite. */
const pageBytes = 65_536;
/** Longer than a tick of any kernel (10 ms), and of file systems that keep whole seconds only. */
const tickMs = 20;
const coarseTickMs = 2000;

async function printFingerprint(file: string): Promise<string> {
  const found = statOrNull(file);
  if (found === null) throw new Error(`The database ${file} does not exist`);
  if (!found.isFile()) throw new Error(`The database ${file} is not a regular file`);
  checkpoint(file);
  const descriptor = openSync(file, 'r');
  try {
    fsyncSync(descriptor);
    const { size, ino, mtimeNs } = await readSettledStats(descriptor);
    const page = Buffer.alloc(pageBytes);
    const length = readSync(descriptor, page, 0, pageBytes, 0);
    const hash = createHash('sha256').update(page.subarray(0, length)).digest('hex');
    return `size=${size} inode=${ino} mtime_ns=${mtimeNs} sha256=${hash}`;
  } finally {
    closeSync(descriptor);
  }
}

/** Rolls back a hot journal, or brings the whole log into the file. */
function checkpoint(file: string): void {
  const database = openExisting(file);
  try {
    readRows(database, 'PRAGMA schema_version');
    const [isBusy] = readRows(database, 'PRAGMA wal_checkpoint(TRUNCATE)')[0] ?? [];
    if (isBusy !== 0) throw new Error(`The database ${file} is in use: its log could not be brought into the file`);
  } catch (error) {
    if (isLocked(error)) throw new Error(`The database ${file} is locked by another process`, { cause: error });
    throw error;
  } finally {
    database.close();
  }
}

/** Waits until the tick of the last write is over, so that the next write gets another time. */
async function readSettledStats(descriptor: number): Promise<BigIntStats> {
  for (;;) {
    const stats = fstatSync(descriptor, { bigint: true });
    const ageMs = Date.now() - Number(stats.mtimeNs / 1_000_000n);
    const limitMs = stats.mtimeNs % 1_000_000_000n === 0n ? coarseTickMs : tickMs;
    // A modification time in the future (the clock was set back) needs no wait: the next write gets another time.
    if (ageMs < -limitMs || ageMs > limitMs) return stats;
    await wait(limitMs);
  }
}

await runProgram((args) => printFingerprint(args.next('database')));
