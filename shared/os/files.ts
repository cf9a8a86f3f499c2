// Files that survive a power cut: replaced as a whole in one rename, and synced with their folder.
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Syncs the content of a file to the disk. */
export async function syncFile(file: string): Promise<void> {
  await syncFolder(file);
}

/** Syncs a folder, so that files created, renamed or removed in it survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces the content and mode of `file` in one rename: even after a power cut, a reader finds the whole old or the
 * whole new content. One writer at a time. May be called again; it overwrites what a killed call left.
 */
export async function replaceFile(
  file: string,
  content: string | Uint8Array,
  { mode }: { mode: number },
): Promise<void> {
  const draft = `${file}.new`;
  try {
    const handle = await open(draft, 'w', mode);
    try {
      // The mode given at creation is subject to the umask, and is not given to a file that is there.
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
