// Which processes have a database open: by the links in /proc, which are read and never followed.
import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { Holder } from './port.js';
import { errnoOf } from '../../../shared/os/errno.js';

const suffixes = ['', '-wal', '-shm', '-journal'];
const maxCommandLength = 120;
/** How many processes are read at the same time. */
const batchSize = 32;

/**
 * The processes that hold `file` (its path without symbolic links) or one of SQLite's files beside it open, by pid. Processes that end meanwhile are left
 * out, and so are other users' processes that this one may not read.
 */
export async function findHolders(file: string): Promise<Holder[]> {
  const open = new Set(suffixes.map((suffix) => file + suffix));
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const holders: Holder[] = [];
  for (let start = 0; start < pids.length; start += batchSize) {
    const batch = pids.slice(start, start + batchSize);
    const found = await Promise.all(batch.map(async (pid) => ((await holds(pid, open)) ? await describe(pid) : null)));
    holders.push(...found.filter((holder) => holder !== null));
  }
  return holders;
}

async function holds(pid: number, files: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(toNothingWhenGone);
  const targets = await Promise.all(
    (descriptors ?? []).map((name) => readlink(path.join(folder, name)).catch(toNothingWhenGone)),
  );
  // A file that was deleted while it was open is still its holder's database.
  return targets.some((target) => target !== null && files.has(target.replace(/ \(deleted\)$/, '')));
}

async function describe(pid: number): Promise<Holder | null> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(toNothingWhenGone);
  if (commandLine === null) return null;
  const command = commandLine.replaceAll('\0', ' ').trim().slice(0, maxCommandLength);
  return { pid, command: command === '' ? 'unknown' : command };
}

/** Processes and their descriptors vanish while they are read, and some may not be read by this user. */
function toNothingWhenGone(error: unknown): null {
  const code = errnoOf(error);
  if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null;
  throw error;
}
