// The agent's state folder: its paths, and their permissions.
import { accessSync, constants } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { AppError, toAppError } from '../../shared/errors.js';
import { makeTrustedFolder } from '../../shared/os/trusted/folder.js';
import type { FileSystem } from '../tenant/tenant_files.js';

export interface StateFolder {
  folder: string;
  /** One folder per upgrade: journal and run folders. */
  upgrades: string;
  mirrors: string;
  /** The only part that tenants can read; each tenant can read only its own folders. */
  exports: string;
  /** One file per upgrade that was accepted and has not begun. */
  queued: string;
  /** The file of the ids that never run again, though they have no journal; and the folder of an older agent for them. */
  tombstones: string;
  oldTombstones: string;
  /** The file of the order in which upgrades began. */
  order: string;
  /** The file of the keys that operators gave to requests. */
  keys: string;
  /** The marks of tenants whose units are held back. */
  guards: string;
  socket: string;
  lock: string;
  /** The key of this host, and what it is enrolled with; and the lock of who writes it. */
  identity: string;
  identityLock: string;
  /** The state of the controller connection, for `drover-agent status`. */
  uplink: string;
  /**
   * What the agent itself replaces in the top folder, while it holds `lock`: the drafts of these it may sweep. Another
   * program may be writing the others, under a lock of its own.
   */
  replacedByAgent: readonly string[];
  recordFile(slug: string): string;
  /** The file of what a tenant's upgrades made beside its data. */
  ledgerFile(slug: string): string;
}

/** The paths in this folder. Makes nothing. */
export function stateFolder(folder: string): StateFolder {
  const order = path.join(folder, 'order');
  const keys = path.join(folder, 'keys.jsonl');
  const uplink = path.join(folder, 'uplink.json');
  return {
    folder,
    upgrades: path.join(folder, 'upgrades'),
    mirrors: path.join(folder, 'mirrors'),
    exports: path.join(folder, 'exports'),
    queued: path.join(folder, 'queued'),
    tombstones: path.join(folder, 'tombstones'),
    oldTombstones: path.join(folder, 'finished'),
    order,
    keys,
    guards: path.join(folder, 'guards'),
    socket: path.join(folder, 'agent.sock'),
    lock: path.join(folder, 'agent.lock'),
    identity: path.join(folder, 'identity.json'),
    identityLock: path.join(folder, 'identity.lock'),
    uplink,
    replacedByAgent: [order, keys, uplink],
    recordFile: (slug) => path.join(folder, 'records', `${slug}.json`),
    ledgerFile: (slug) => path.join(folder, 'ledgers', `${slug}.jsonl`),
  };
}

/**
 * Makes missing folders. Throws AppError `config` where anyone else could change the state folder by its whole path, so
 * that its files can be used by their paths. It has execute permission for all users: tenants reach their exports.
 */
export async function makeStateFolder(state: StateFolder): Promise<void> {
  await makeTrustedFolder(state.folder, { mode: 0o711 });
  const folders = [
    { folder: state.upgrades, mode: 0o700 },
    { folder: state.queued, mode: 0o700 },
    { folder: state.guards, mode: 0o700 },
    { folder: state.mirrors, mode: 0o700 },
    { folder: state.exports, mode: 0o711 },
    { folder: path.dirname(state.recordFile('any')), mode: 0o700 },
    { folder: path.dirname(state.ledgerFile('any')), mode: 0o700 },
  ];
  for (const { folder, mode } of folders) await makeTrustedFolder(folder, { mode });
}

/** Whether an agent has made it before. */
export async function hasStateFolder(state: StateFolder): Promise<boolean> {
  return stat(state.upgrades).then(
    () => true,
    () => false,
  );
}

/** Throws AppError `io` where this folder cannot be written; to be called before an upgrade begins. */
export function requireWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/** The AppError `io` of a folder that cannot be written. */
export function unwritable(folder: string, cause: unknown): AppError {
  return new AppError('io', `${folder} cannot be written: ${toAppError(cause).message}`, {
    cause,
    hint: 'Nothing was started. Free space on its disk, or make it writable, then try again.',
  });
}

/** Makes the folder of an upgrade's exports, readable by its tenant's user only. May be called again. */
export async function makeExportsFolder(folder: string, owner: { gid: number; agentUid: number }): Promise<void> {
  await makeTrustedFolder(folder, { mode: 0o750, gid: owner.agentUid === 0 ? owner.gid : undefined });
}

/** The file system of a folder of the agent. */
export async function measureFolder(folder: string): Promise<FileSystem> {
  const [{ dev }, { bavail, bsize, ffree, files }] = await Promise.all([stat(folder), statfs(folder)]);
  return { device: dev, freeBytes: bavail * bsize, inodes: files, freeInodes: ffree };
}
