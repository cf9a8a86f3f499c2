// Brings to the disk what an ended command printed, before its exit is recorded; what it wrote, its supervisor has synced.
import path from 'node:path';
import { syncFolder } from '../../shared/os/files.js';
import { runFolder } from '../command/run_folder.js';

export async function flushOutput(folder: string): Promise<void> {
  await syncFolder(runFolder(folder).output);
  await syncFolder(folder);
  await syncFolder(path.dirname(folder));
}
