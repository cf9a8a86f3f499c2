// Files that a program writes where configuration says: only in folders that nobody else can change.
import { constants } from 'node:fs';
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../errors.js';
import { hasErrno } from '../errno.js';
import { draftSuffix, replaceFile, syncFile, syncFolder } from '../files.js';
import { ownAccount } from './check_path.js';
import { checkTrustedFolder, setMode } from './folder.js';
import { refuseOwner } from './refusals.js';
import { unreadable } from './unreadable.js';

/**
 * Replaces a file as `replaceFile` does, in a folder that only root and this process's account can change by its whole
 * path. Throws AppError `config` where it is another's to change.
 */
export async function replaceTrustedFile(
  file: string,
  content: string | Uint8Array,
  wish: { mode: number; gid?: number | undefined },
): Promise<void> {
  await checkTrustedFolder(path.dirname(file));
  await replaceFile(file, content, wish);
}

/**
 * Writes a new file in a folder that only root and this process's account can change. Throws AppError `usage` where it is
 * there already, and `config` where the folder is another's to change.
 */
export async function writeNewTrustedFile(file: string, content: string, mode: number): Promise<void> {
  await checkTrustedFolder(path.dirname(file));
  const handle = await open(file, 'wx', mode).catch((error: unknown) => {
    if (!hasErrno(error, 'EEXIST')) throw unreadable(file, error, `create ${path.dirname(file)}`);
    throw isThere(file);
  });
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a new file as above, which `fill` writes by the path that it is given. The file has its name once it is whole and
 * durable: a killed call leaves a draft, which the next one overwrites. Where `fill` throws, nothing is left. One writer
 * at a time.
 */
export async function fillNewTrustedFile(
  file: string,
  mode: number,
  fill: (draft: string) => Promise<void>,
): Promise<void> {
  const folder = path.dirname(file);
  await checkTrustedFolder(folder);
  await requireAbsent(file);
  const draft = file + draftSuffix;
  await rm(draft, { force: true });
  try {
    await writeNewTrustedFile(draft, '', mode);
    await fill(draft);
    await syncFile(draft);
    await requireAbsent(file);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function requireAbsent(file: string): Promise<void> {
  const found = await lstat(file).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return null;
    throw error;
  });
  if (found !== null) throw isThere(file);
}

function isThere(file: string): AppError {
  return new AppError('usage', `${file} is there already, and is not replaced`, { hint: 'Change it by hand.' });
}

/**
 * Opens a file of the program's own, and makes a missing one. Its mode becomes 0600, whatever an
 * older version gave it. Throws AppError `config` where its path is another's to change, or it is no plain file.
 */
export async function openOwnFile(file: string): Promise<FileHandle> {
  await checkTrustedFolder(path.dirname(file));
  // For reading: a file that is there can be opened on a read-only disk, too.
  const flags = constants.O_RDONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags, 0o600).catch((error: unknown) => {
    throw unreadable(file, error, `create ${path.dirname(file)}`);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.nlink !== 1) {
      throw new AppError('config', `${file}: is not a plain file with one name`, { hint: `Remove it: rm ${file}` });
    }
    refuseOwner(file, stats, { trusted: ownAccount() });
    await setMode(handle, { now: stats, mode: 0o600, gid: undefined }).catch((error: unknown) => {
      if (!hasErrno(error, 'EROFS')) throw error;
    });
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
