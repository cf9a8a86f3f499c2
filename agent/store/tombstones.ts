// Tombstones: one small file for each id that has no journal and must never run.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { syncFile, syncFolder } from '../../shared/os/files.js';
import type { StateFolder } from './state_folder.js';

/** `ended`: its journal was pruned. `cancelled`: it was cancelled before this host received it. */
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
 * Writes the tombstone, which is never removed. It counts as soon as this function returns its promise, and is on the
 * disk when that resolves. `id` must be an upgrade's. May be called again.
 */
export async function writeTombstone(state: StateFolder, id: string, why: Tombstone): Promise<void> {
  const made = mkdirSync(state.tombstones, { recursive: true, mode: 0o700 });
  const file = path.join(state.tombstones, id);
  // Synchronous: the very next frame may offer this id.
  writeFileSync(file, why === 'ended' ? '' : `${why}\n`);
  await syncFile(file);
  await syncFolder(state.tombstones);
  if (made !== undefined) await syncFolder(path.dirname(state.tombstones));
}
