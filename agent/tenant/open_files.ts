// Which processes have something open: by the links in /proc, which are read and never followed. Other users decide how
// many descriptors and words their processes have, so both are read piece by piece, and only so many.
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate as giveWay } from 'node:timers/promises';
import { hasErrno } from '../../shared/os/errno.js';
import { agentLimits } from '../limits.js';

export interface OpenProcess {
  pid: number;
  command: string;
}

const maxCommandLength = 120;
/** So many descriptors and processes are read before other work of the agent gets its turn. */
const readsAtOnce = 256;

/**
 * The processes of which a descriptor's link is `isMeant`, by pid, up to the limit. Processes that end meanwhile are left
 * out, and so are other users' processes that this one may not read, and descriptors of a process over the limit.
 */
export async function findProcessesWith(isMeant: (target: string) => boolean): Promise<OpenProcess[]> {
  const found: OpenProcess[] = [];
  let reads = 0;
  const giveTurns = async () => {
    reads += 1;
    if (reads % readsAtOnce === 0) await giveWay();
  };
  for (const pid of await listNumbers('/proc')) {
    await giveTurns();
    if (!(await holds(pid, isMeant, giveTurns))) continue;
    const process = describe(pid);
    if (process !== null) found.push(process);
    if (found.length === agentLimits.holders.max) break;
  }
  return found.toSorted((left, right) => left.pid - right.pid);
}

async function holds(
  pid: string,
  isMeant: (target: string) => boolean,
  giveTurns: () => Promise<void>,
): Promise<boolean> {
  let seen = 0;
  for (const descriptor of await listNumbers(`/proc/${pid}/fd`)) {
    const target = unlessGone(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
    if (target !== null && isMeant(target)) return true;
    seen += 1;
    if (seen === agentLimits.descriptors.max) return false;
    await giveTurns();
  }
  return false;
}

function describe(pid: string): OpenProcess | null {
  const bytes = Buffer.alloc(maxCommandLength);
  const length = unlessGone(() => {
    const file = openSync(`/proc/${pid}/cmdline`, 'r');
    try {
      return readSync(file, bytes);
    } finally {
      closeSync(file);
    }
  });
  if (length === null) return null;
  const command = bytes.toString('utf8', 0, length).replaceAll('\0', ' ').trim();
  return { pid: Number(pid), command: command === '' ? 'unknown' : command };
}

/**
 * The names in a folder of /proc that are numbers. Names alone: to tell their kinds, Node would look at each entry and
 * fail at one that has just gone.
 */
async function listNumbers(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^\d+$/.test(name));
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Processes and their descriptors vanish while they are read, and some may not be read by this user. */
function unlessGone<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

const isGone = (error: unknown) => hasErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM');
