// How an unfinished backup becomes a backup: synced, with its record beside it, under its final name.
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { partialPathOf, recordPathOf } from '../backup_paths.js';
import { look, syncFile, syncFolderOf } from './files.js';

/** True when this backup is there already, from an earlier run. Throws for a file that is not this run's. */
export function isSealed(file: string, record: string): boolean {
  if (look(file) === null) return false;
  const recordPath = recordPathOf(file);
  if (look(recordPath)?.isFile() !== true || readFileSync(recordPath, 'utf8') !== record) {
    throw new Error(`${file} exists already and is not this upgrade's backup; nothing was overwritten`);
  }
  return true;
}

/**
 * Gives the backup its final name. A file of that name is always complete, with its record: both are on the disk
 * before, and making a link never overwrites. May be called again after a kill at any point.
 */
export function sealBackup(file: string, record: string): void {
  const partial = partialPathOf(file);
  syncFile(partial);
  // Made anew: a torn one of a killed run is no use, and a link in its place would lead elsewhere.
  rmSync(recordPathOf(file), { force: true });
  writeFileSync(recordPathOf(file), record, { flag: 'wx', mode: 0o600, flush: true });
  syncFolderOf(file);
  linkSync(partial, file);
  rmSync(partial);
  syncFolderOf(file);
}
