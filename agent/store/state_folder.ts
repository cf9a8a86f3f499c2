// The agent's state folder: what lies where, and who may read it.
import { accessSync, constants } from 'node:fs';
import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError, toAppError } from '../../shared/errors.js';

export interface StateFolder {
  folder: string;
  /** One folder per upgrade: journal and run folders. */
  upgrades: string;
  mirrors: string;
  /** The only part that tenants can read, each its own. */
  exports: string;
  /** One file per upgrade that was accepted and has not begun. */
  queued: string;
  /** One file per id that never runs again, though it has no journal. */
  tombstones: string;
  socket: string;
  lock: string;
  /** Whether there is a connection to a controller, for `drover-agent status`. */
  uplink: string;
  recordFile(slug: string): string;
}

/** The paths in this folder. Makes nothing. */
export function stateFolder(folder: string): StateFolder {
  return {
    folder,
    upgrades: path.join(folder, 'upgrades'),
    mirrors: path.join(folder, 'mirrors'),
    exports: path.join(folder, 'exports'),
    queued: path.join(folder, 'queued'),
    tombstones: path.join(folder, 'finished'),
    socket: path.join(folder, 'agent.sock'),
    lock: path.join(folder, 'agent.lock'),
    uplink: path.join(folder, 'uplink.json'),
    recordFile: (slug) => path.join(folder, 'records', `${slug}.json`),
  };
}

/** Makes the folders that are missing. All may pass through the state folder itself, so that exports can be reached. */
export async function makeStateFolder(state: StateFolder): Promise<void> {
  await mkdir(state.folder, { recursive: true });
  // On a read-only disk even the mode that it has is refused, and there may be a tenant to put back.
  if (((await stat(state.folder)).mode & 0o777) !== 0o711) await chmod(state.folder, 0o711);
  const folders = [
    { folder: state.upgrades, mode: 0o700 },
    { folder: state.queued, mode: 0o700 },
    { folder: state.mirrors, mode: 0o700 },
    { folder: state.exports, mode: 0o711 },
    { folder: path.dirname(state.recordFile('any')), mode: 0o700 },
  ];
  for (const { folder, mode } of folders) await mkdir(folder, { recursive: true, mode });
}

/** Throws AppError `io` where nothing could be written down in this folder, before anything is begun. */
export function requireWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/** Why nothing is begun: the AppError `io` of a folder that cannot be written. */
export function unwritable(folder: string, cause: unknown): AppError {
  return new AppError('io', `${folder} cannot be written: ${toAppError(cause).message}`, {
    cause,
    hint: 'Nothing was begun. Make room on its disk, or make it writable again, and ask once more.',
  });
}

/** Makes the folder of what an upgrade lets its tenant's user read, and nobody else. May be called again. */
export async function makeExportsFolder(folder: string, owner: { gid: number; agentUid: number }): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  if (owner.agentUid === 0) await chown(folder, 0, owner.gid);
}
