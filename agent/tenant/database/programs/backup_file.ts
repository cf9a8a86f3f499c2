// How an unfinished backup becomes a backup: synced, with its record beside it, under its final name.
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { partialPathOf, recordPathOf } from '../backup_paths.js';
import { statOrNull, syncFile, syncFolderOf } from './files.js';

/** True when an earlier run has completed this backup. Throws for a file that belongs to another upgrade. */
export function isSealed(file: string, record: string): boolean {
  if (statOrNull(file) === null) return false;
  const recordPath = recordPathOf(file);
  if (statOrNull(recordPath)?.isFile() !== true || readFileSync(recordPath, 'utf8') !== record) {
    throw new Error(`${file} exists already and is not this upgrade's backup; nothing was overwritten`);
  }
  return true;
}

/**
 * Gives the backup its final name. A file of that name is always complete and has its record: both are on the disk
 * first, and a hard link never overwrites. May be called again after a kill at any point.
 */
export function sealBackup(file: string, record: string): void {
  const partial = partialPathOf(file);
  syncFile(partial);
  // Written anew: a killed run may have left a torn record, and a symlink here would lead elsewhere.
  rmSync(recordPathOf(file), { force: true });
  writeFileSync(recordPathOf(file), record, { flag: 'wx', mode: 0o600, flush: true });
  syncFolderOf(file);
  linkSync(partial, file);
  rmSync(partial);
  syncFolderOf(file);
}
