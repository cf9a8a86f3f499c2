// Removes the drafts of files that an agent before this one was writing when it was killed.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { draftSuffix } from '../../shared/os/files.js';
import { runFolder } from '../command/run_folder.js';
import type { StateFolder } from './state_folder.js';

/** Those in the state folder itself. For the only agent of that folder, which has written nothing yet. */
export async function sweepStateFolder(state: StateFolder): Promise<void> {
  for (const folder of [state.folder, state.queued, path.dirname(state.recordFile('any'))]) {
    await removeNamed(folder, (name) => name.endsWith(draftSuffix));
  }
}

/** Those in the run folders of an upgrade whose commands nobody launches yet; these may run. */
export async function sweepRunFolders(state: StateFolder, id: string): Promise<void> {
  const commands = path.join(state.upgrades, id, 'commands');
  const environment = path.basename(runFolder('').environment);
  for (const key of await namesIn(commands)) {
    await removeNamed(path.join(commands, key), (name) => name.startsWith(`${environment}.`));
  }
}

/** A disk that takes nothing keeps them until the next start. */
async function removeNamed(folder: string, isDraft: (name: string) => boolean): Promise<void> {
  for (const name of (await namesIn(folder)).filter(isDraft)) {
    await rm(path.join(folder, name), { force: true }).catch(() => undefined);
  }
}

/** None where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
