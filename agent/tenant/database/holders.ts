// Which processes have a database open.
import { findProcessesWith } from '../open_files.js';
import type { Holder } from './port.js';

const suffixes = ['', '-wal', '-shm', '-journal'];

/**
 * The processes that hold one of `files` (paths without symbolic links) or one of SQLite's files beside it open, by pid,
 * up to the limit. Processes that this one may not read are left out: such a process can only harm the database's own
 * user.
 */
export function findHolders(files: readonly string[]): Promise<Holder[]> {
  const open = new Set(files.flatMap((file) => suffixes.map((suffix) => file + suffix)));
  // A file that was deleted while it was open is still its holder's database.
  return findProcessesWith((target) => open.has(target.replace(/ \(deleted\)$/, '')));
}
