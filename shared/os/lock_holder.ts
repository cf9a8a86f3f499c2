// Who holds a lock on a file: the kernel lists all locks by the file's number.
import { readFile, stat } from 'node:fs/promises';

export interface LockHolder {
  pid: number;
  uid: number;
  /** The name of its program. */
  name: string;
}

/** A process of a user who is neither root nor this process's own and holds a lock on that file; null without one. */
export async function findForeignHolder({ ino }: { ino: bigint }): Promise<LockHolder | null> {
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '');
  for (const line of locks.split('\n')) {
    // `1: FLOCK  ADVISORY  WRITE 1234 fd:01:131090 0 EOF`; a waiting one has `->` before its kind.
    const [, pid, found] = /^\d+: FLOCK +\S+ +\S+ +(\d+) +\w+:\w+:(\d+) /.exec(line) ?? [];
    if (pid === undefined || found !== String(ino)) continue;
    const holder = await readHolder(Number(pid));
    if (holder !== null && holder.uid !== 0 && holder.uid !== process.getuid?.()) return holder;
  }
  return null;
}

async function readHolder(pid: number): Promise<LockHolder | null> {
  try {
    const [{ uid }, name] = await Promise.all([stat(`/proc/${pid}`), readFile(`/proc/${pid}/comm`, 'utf8')]);
    return { pid, uid, name: name.trim() };
  } catch {
    return null;
  }
}
