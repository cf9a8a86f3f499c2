// Folders that configuration names: made and listed only where nobody else can change them.
import { constants } from 'node:fs';
import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../errors.js';
import { hasErrno } from '../errno.js';
import { checkPath, ownAccount, type PathRules } from './check_path.js';
import { groupWrite, othersWrite, refuseMode, refuseOwner } from './refusals.js';
import { unreadable } from './unreadable.js';

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Folders that are made on the way can be passed by everyone, so that whoever may read the last one reaches it. */
const wayMode = 0o755;
/** For messages. */
const usualPlace = '/var/lib/drover';

export interface FolderWish {
  /** Set on the folder, whether it is there already or not. */
  mode?: number;
  /** Set on the folder, and on those on its way, where they are new. */
  newMode?: number;
  /** Added to the mode of a folder that is there already. */
  addMode?: number;
  /** The group that it is given to; its own without it. */
  gid?: number | undefined;
}

/**
 * Throws AppError `config` unless only root and the account can change the folder and its whole path. One that does not
 * exist is accepted with `mayBeMissing`, where it could be made.
 */
export async function checkTrustedFolder(folder: string, rules: PathRules = {}): Promise<void> {
  const { stats } = await checkPath(folder, { place: usualPlace, ...rules });
  if (stats === null) return;
  if (!stats.isDirectory()) throw new AppError('config', `${folder}: is not a folder`, { hint: 'name a folder' });
  // Not even a sticky one: others could take the names that are to be written.
  refuseMode(folder, stats, { bits: groupWrite | othersWrite });
}

/** The names in a folder that configuration names. Throws AppError `config` as `checkTrustedFolder` does. */
export async function listTrustedFolder(folder: string, rules: PathRules = {}): Promise<string[]> {
  await checkTrustedFolder(folder, rules);
  return readdir(folder).catch((error: unknown) => {
    throw unreadable(folder, error, rules.missingHint ?? `create ${folder}`);
  });
}

/** Makes the folder and those on its way where they are missing. May be called again. Throws as `checkTrustedFolder`. */
export async function makeTrustedFolder(folder: string, wish: FolderWish = {}): Promise<void> {
  const { real, missing } = await checkPath(folder, { place: usualPlace, mayBeMissing: true });
  const { newMode = wayMode } = wish;
  for (let count = missing.length - 1; count > 0; count -= 1) {
    await makeFolder(path.join(real, ...Array<string>(count).fill('..')), { mode: newMode });
  }
  await makeFolder(real, missing.length > 0 ? { mode: newMode, ...wish } : wish);
}

/** Makes one folder in a checked one, and changes it by its handle. */
async function makeFolder(folder: string, { mode, gid, addMode = 0 }: FolderWish): Promise<void> {
  await mkdir(folder, 0o700).catch((error: unknown) => {
    if (!hasErrno(error, 'EEXIST')) throw error;
  });
  const handle = await open(folder, folderFlags).catch((error: unknown) => {
    throw unreadable(folder, error, `create ${folder}`);
  });
  try {
    const stats = await handle.stat();
    refuseOwner(folder, stats, { trusted: ownAccount() });
    await setMode(handle, { now: stats, mode: mode ?? (stats.mode & 0o7777) | addMode, gid });
    refuseMode(folder, await handle.stat(), { bits: groupWrite | othersWrite });
  } finally {
    await handle.close();
  }
}

/** On a read-only disk even a change to the same value fails, so nothing is set that is so already. */
export async function setMode(
  handle: FileHandle,
  { now, mode, gid }: { now: { mode: number; gid: number }; mode: number; gid: number | undefined },
): Promise<void> {
  if (gid !== undefined && now.gid !== gid) await handle.chown(-1, gid);
  if ((now.mode & 0o7777) !== mode) await handle.chmod(mode);
}
