// Brings to the disk what an ended command printed, before its exit is recorded; what it wrote, its supervisor has synced.
import path from 'node:path';
import { syncFile, syncFolder } from '../../shared/os/files.js';
import { runFolder } from './run_folder.js';

/** Returns once the output in this run folder, and the names that lead to it, are on the disk. May be called again. */
export async function flushOutput(folder: string): Promise<void> {
  await syncFile(runFolder(folder).output);
  await syncFolder(folder);
  await syncFolder(path.dirname(folder));
}
