// Checks a program's path: only its account and root may be able to write it or any folder or symlink that leads to it.
import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, toAppError } from '../../shared/errors.js';
import type { User } from '../command/spec.js';

const othersWrite = 0o022;
const sticky = 0o1000;
/** As many as the kernel follows. */
const maxLinks = 40;

/** Throws AppError `config` naming the part of the absolute path that another user could change, and the remedy. */
export async function checkTrustedPath(file: string, account: Pick<User, 'name' | 'uid'>): Promise<void> {
  let at = '/';
  let rest = file.split('/').filter((part) => part !== '');
  let links = 0;
  checkEntry(at, await readStats(at), account);
  while (rest.length > 0) {
    const [name = '', ...others] = rest;
    const entry = path.join(at, name);
    const stats = await readStats(entry);
    checkEntry(entry, stats, account);
    if (stats.isSymbolicLink()) {
      links += 1;
      if (links > maxLinks) throw new AppError('config', `${file}: leads through too many symbolic links`);
      const target = path.resolve(at, await readlink(entry));
      rest = [...target.split('/').filter((part) => part !== ''), ...others];
      at = '/';
    } else {
      at = entry;
      rest = others;
    }
  }
}

function checkEntry(entry: string, stats: Stats, { name, uid }: Pick<User, 'name' | 'uid'>): void {
  if (stats.uid !== 0 && stats.uid !== uid) {
    throw new AppError('config', `${entry}: belongs to user id ${stats.uid}, who could change what runs as ${name}`, {
      hint: `chown root ${entry}, or name a file that only ${only(name)} can write`,
    });
  }
  // In a sticky folder such as /tmp users cannot replace each other's files.
  const isShielded = stats.isDirectory() && (stats.mode & sticky) !== 0;
  if (stats.isSymbolicLink() || isShielded || (stats.mode & othersWrite) === 0) return;
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  throw new AppError('config', `${entry}: can be written by others than ${only(name)} (mode ${mode})`, {
    hint: `chmod go-w ${entry}`,
  });
}

const only = (name: string) => (name === 'root' ? 'root' : `root and ${name}`);

async function readStats(entry: string): Promise<Stats> {
  try {
    return await lstat(entry);
  } catch (error) {
    throw new AppError('config', `${entry}: ${toAppError(error).message}`, {
      hint: 'create it, or name the right file',
    });
  }
}
