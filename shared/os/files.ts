// Files that survive a power cut: replaced as a whole in one rename, and synced with their folder.
import { constants } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from './errno.js';

/** How the name of a file ends that will replace another one. */
export const draftSuffix = '.new';

/** A new file, and no link to another one. */
const draftFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** The text of a program's own file, or null where there is none. */
export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Syncs the content of a file to the disk. */
export async function syncFile(file: string): Promise<void> {
  await syncFolder(file);
}

/** Syncs a folder, so that files created, renamed or removed in it survive a power cut. */
export async function syncFolder(folder: string | Buffer): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces the content, mode and group of `file` in one rename: even after a power cut, a reader finds the whole old or
 * the whole new content. One writer at a time. May be called again; it overwrites what a killed call left.
 */
export async function replaceFile(
  file: string,
  content: string | Uint8Array,
  { mode, gid }: { mode: number; gid?: number | undefined },
): Promise<void> {
  const draft = file + draftSuffix;
  try {
    await rm(draft, { force: true });
    const handle = await open(draft, draftFlags, 0o600);
    try {
      if (gid !== undefined) await handle.chown(-1, gid);
      // The mode given at creation is subject to the umask.
      await handle.chmod(mode);
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}
