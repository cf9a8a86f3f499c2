// Checks the permissions of configuration files: only root and the agent may write them, or read a secret.
import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { AppError, toAppError } from '../errors.js';
import { hasErrno } from '../os/errno.js';

const groupWrite = 0o020;
const othersWrite = 0o002;
const groupRead = 0o040;
const othersRead = 0o004;

/** The bits that must not be set. */
const forbidden = {
  /** Holds no secret. */
  config: groupWrite | othersWrite,
  /** May hold secrets that a group shares. */
  environment: groupWrite | othersWrite | othersRead,
  /** A token or a key. */
  secret: groupWrite | othersWrite | groupRead | othersRead,
} as const;
export type FileKind = keyof typeof forbidden;

export interface PermissionOptions {
  /** The user that the file may belong to beside root. */
  ownUid?: number;
  /** What to do where the file is missing. */
  missingHint?: string;
}

/**
 * Throws AppError `config` unless the file exists, belongs to root or to the agent (`ownUid`), and neither it nor its
 * folder gives others more than the kind allows. A symbolic link is followed, and the folder at either end is checked.
 */
export async function checkPermissions(file: string, kind: FileKind, options: PermissionOptions = {}): Promise<void> {
  const { ownUid = process.getuid?.() ?? 0, missingHint = `create ${file}, or name the right file` } = options;
  const real = await readable(file, missingHint, () => realpath(file));
  const stats = await readable(file, missingHint, () => stat(real));
  if (!stats.isFile()) throw new AppError('config', `${file}: is not a file`, { hint: 'name a regular file' });
  for (const folder of new Set([path.dirname(file), path.dirname(real)])) {
    const folderStats = await readable(folder, missingHint, () => stat(folder));
    checkOwner(folder, folderStats, ownUid);
    checkMode(folder, folderStats, forbidden.config);
  }
  checkOwner(file, stats, ownUid);
  checkMode(file, stats, forbidden[kind]);
}

function checkOwner(file: string, { uid }: Stats, ownUid: number): void {
  if (uid === 0 || uid === ownUid) return;
  throw new AppError('config', `${file}: belongs to user id ${uid}, who could change it`, {
    hint: `chown ${ownUid === 0 ? 'root' : ownUid} ${file}`,
  });
}

function checkMode(file: string, { mode }: Stats, bits: number): void {
  const excess = mode & bits;
  if (excess === 0) return;
  const isWrite = (excess & (groupWrite | othersWrite)) !== 0;
  const isGroup = (excess & (groupWrite | groupRead)) !== 0;
  const isOthers = (excess & (othersWrite | othersRead)) !== 0;
  const who = [...(isGroup ? ['its group'] : []), ...(isOthers ? ['everyone'] : [])].join(' and ');
  const shown = (mode & 0o7777).toString(8).padStart(4, '0');
  // The hint removes every forbidden bit, set or not: one command fixes the file.
  const fixed = [remedy('g', bits >> 3), remedy('o', bits)].filter((part) => part !== '').join(',');
  throw new AppError('config', `${file}: can be ${isWrite ? 'written' : 'read'} by ${who} (mode ${shown})`, {
    hint: `chmod ${fixed} ${file}`,
  });
}

/** `g-rw`, for the bits of one class. */
function remedy(who: string, bits: number): string {
  const rights = `${(bits & othersRead) === 0 ? '' : 'r'}${(bits & othersWrite) === 0 ? '' : 'w'}`;
  return rights === '' ? '' : `${who}-${rights}`;
}

async function readable<T>(file: string, missingHint: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw unreadable(file, error, missingHint);
  }
}

/** Why a file of the configuration cannot be read: AppError `config`. */
export function unreadable(file: string, error: unknown, missingHint: string): AppError {
  if (hasErrno(error, 'ENOENT')) {
    return new AppError('config', `${file}: does not exist`, { cause: error, hint: missingHint });
  }
  if (hasErrno(error, 'EACCES', 'EPERM')) {
    const hint = 'use sudo, or change who can read it';
    return new AppError('config', `${file}: cannot be read as ${userInfo().username}`, { cause: error, hint });
  }
  return new AppError('config', `${file}: ${toAppError(error).message}`, {
    cause: error,
    hint: 'name a file that can be read',
  });
}
