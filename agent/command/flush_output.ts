// Syncs the output of an ended command before its exit is recorded. The supervisor has already synced the files that
// the command wrote.
import path from 'node:path';
import { syncFile, syncFolder } from '../../shared/os/files.js';
import { runFolder } from './run_folder.js';

/** Returns once the output in this run folder and its folder entries are on the disk. May be called again. */
export async function flushOutput(folder: string): Promise<void> {
  await syncFile(runFolder(folder).output);
  await syncFolder(folder);
  await syncFolder(path.dirname(folder));
}
