// Tombstones: the ids that never run again though they have no journal, an empty file or one line for each.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { syncFile, syncFolder } from '../../shared/os/files.js';
import type { StateFolder } from './state_folder.js';

/** `ended`: its journal was pruned. `cancelled`: it was cancelled before this host had heard of it. */
export type Tombstone = 'ended' | 'cancelled';

/** The tombstone of this id, or null. */
export function readTombstone(state: StateFolder, id: string): Tombstone | null {
  const file = path.join(state.tombstones, id);
  if (!existsSync(file)) return null;
  try {
    return readFileSync(file, 'utf8') === '' ? 'ended' : 'cancelled';
  } catch {
    return 'ended';
  }
}

/**
 * Sets the tombstone, which is never removed. The id counts as dead when this returns its promise, and the tombstone is
 * on the disk when that resolves. `id` must be an upgrade's. May be called again.
 */
export async function writeTombstone(state: StateFolder, id: string, why: Tombstone): Promise<void> {
  const made = mkdirSync(state.tombstones, { recursive: true, mode: 0o700 });
  const file = path.join(state.tombstones, id);
  // At once: an offer of this id may be the very next frame.
  writeFileSync(file, why === 'ended' ? '' : `${why}\n`);
  await syncFile(file);
  await syncFolder(state.tombstones);
  if (made !== undefined) await syncFolder(path.dirname(state.tombstones));
}
