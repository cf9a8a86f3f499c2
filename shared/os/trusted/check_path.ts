// Checks a whole path: only root and one account may be able to change it, any folder or any symbolic link on its way.
import type { Stats } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../errors.js';
import { hasErrno } from '../errno.js';
import {
  groupWrite,
  othersWrite,
  refuseMode,
  refuseOwner,
  refuseSecondName,
  type Trusted,
  type Way,
} from './refusals.js';
import { unreadable } from './unreadable.js';

const sticky = 0o1000;
/** As many as the kernel follows. */
const maxLinks = 40;
/** Their files are views of a process or of the kernel, and their links lead where no walk can follow. */
const notOnDisk = ['/proc', '/sys'];

export interface PathRules {
  /** Who beside root may change it: by default the account of this process. */
  trusted?: Trusted;
  /** What to do where it is missing. */
  missingHint?: string;
  /** A folder of root's where such things usually are, for messages: by default `/etc/drover`. */
  place?: string;
  /** Accepts a path whose last parts do not exist. */
  mayBeMissing?: boolean;
}

export interface CheckedPath {
  /** The path without symbolic links. */
  real: string;
  /** Null where it does not exist. */
  stats: Stats | null;
  /** The names below the last folder that exists, which is `real` without them. */
  missing: string[];
  /** True when every user can make names in its folder, as in /tmp; such a user cannot replace it. */
  isInSharedFolder: boolean;
}

/** The account of this process. */
export function ownAccount(): Trusted {
  return { uid: process.getuid?.() ?? 0 };
}

/**
 * Walks an absolute path from the root. Throws AppError `config` that names the part which another user could change,
 * and the remedy. Only root and the account can change what it accepts, so it can be opened by its path afterwards.
 * What is at its end is the caller's to judge: neither its kind nor its mode is looked at.
 */
export async function checkPath(file: string, rules: PathRules = {}): Promise<CheckedPath> {
  const { trusted = ownAccount(), missingHint = `create ${file}, or name the right path` } = rules;
  const way = { to: file, trusted, place: rules.place ?? '/etc/drover' };
  let at = '/';
  let rest = partsOf(file);
  let links = 0;
  let stats = await lstat(at);
  let isShared = await checkFolder(at, stats, { trusted, way });
  while (rest.length > 0) {
    const [name = '', ...others] = rest;
    const entry = path.join(at, name);
    const found = await look(entry, { file, missingHint });
    if (found === null) {
      if (rules.mayBeMissing === true && !rest.includes('..')) {
        return { real: path.join(at, ...rest), stats: null, missing: rest, isInSharedFolder: isShared };
      }
      throw new AppError('config', `${file}: does not exist`, { hint: missingHint });
    }
    if (notOnDisk.includes(entry)) throw notAFile(file, entry);
    refuseOwner(entry, found, { trusted, way: others.length > 0 ? way : undefined });
    if (isShared && !found.isDirectory()) refuseSecondName(entry, found);
    if (found.isSymbolicLink()) {
      links += 1;
      if (links > maxLinks) throw tooManyLinks(file);
      const target = await readlink(entry);
      rest = [...(path.isAbsolute(target) ? [] : partsOf(at)), ...partsOf(target), ...others];
      at = '/';
      isShared = false;
      stats = await lstat(at);
    } else if (others.length > 0) {
      if (!found.isDirectory()) throw new AppError('config', `${entry}: is not a folder`, { hint: missingHint });
      isShared = await checkFolder(entry, found, { trusted, way });
      [at, rest, stats] = [entry, others, found];
    } else {
      return { real: entry, stats: found, missing: [], isInSharedFolder: isShared };
    }
  }
  return { real: at, stats, missing: [], isInSharedFolder: false };
}

/**
 * Throws AppError `config` unless only root and the account can change a program, or another file or folder that the
 * account is to use.
 */
export async function checkTrustedPath(file: string, rules: PathRules = {}): Promise<void> {
  const { stats } = await checkPath(file, rules);
  if (stats?.isFile() === true) refuseMode(file, stats, { bits: groupWrite | othersWrite });
  if (stats?.isDirectory() === true) await checkFolder(file, stats, { trusted: rules.trusted ?? ownAccount() });
}

/** The path without symbolic links; the same where nothing is there. Throws as `checkPath`. */
export async function resolveTrustedPath(file: string): Promise<string> {
  return (await checkPath(file, { mayBeMissing: true })).real;
}

const partsOf = (file: string) => file.split('/').filter((part) => part !== '' && part !== '.');

/** Null where there is nothing. */
async function look(entry: string, { file, missingHint }: { file: string; missingHint: string }) {
  try {
    return await lstat(entry);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw unreadable(file, error, missingHint);
  }
}

/** Whether every user can make names in it. Throws where another one could replace what is in it. */
async function checkFolder(
  folder: string,
  stats: Stats,
  { trusted, way }: { trusted: Trusted; way?: Way },
): Promise<boolean> {
  refuseOwner(folder, stats, { trusted, way });
  // In a sticky folder such as /tmp users cannot replace each other's files.
  if ((stats.mode & sticky) !== 0) return (stats.mode & (groupWrite | othersWrite)) !== 0;
  if (!(await isSystemLogFolder(folder, stats))) refuseMode(folder, stats, { bits: groupWrite | othersWrite, way });
  return false;
}

/** Ubuntu gives /var/log to the group of its log daemon, which is trusted as the system's own. */
async function isSystemLogFolder(folder: string, { mode, gid }: Stats): Promise<boolean> {
  if (folder !== '/var/log' || (mode & (groupWrite | othersWrite)) !== groupWrite) return false;
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  return /^syslog:[^:]*:(\d+):/m.exec(groups)?.[1] === String(gid);
}

function notAFile(file: string, entry: string): AppError {
  return new AppError('config', `${file}: is no file on a disk, for it lies in ${entry}`, {
    hint: 'name a regular file',
  });
}

function tooManyLinks(file: string): AppError {
  return new AppError('config', `${file}: leads through more than ${maxLinks} symbolic links`, {
    hint: 'name the file itself',
  });
}
