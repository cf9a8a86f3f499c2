// Where the run folders of an upgrade lie: in its own folder, or spare, in memory, while the disk of that takes none.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../shared/errors.js';
import { runFolder } from '../command/run_folder.js';

export interface RunPlaces {
  /** In the upgrade's own folder. */
  own: string;
  /** In memory; the agent that comes after this one finds it by the same name. */
  spare: string;
  /** Whose the spare place is. */
  agentUid: number;
}

/** The places of the run folders of the upgrade in this folder, for an agent of `agentUid`. Makes nothing. */
export function runPlaces(upgradeFolder: string, agentUid: number): RunPlaces {
  const [upgrades, id] = [path.dirname(upgradeFolder), path.basename(upgradeFolder)];
  const root = agentUid === 0 ? '/run/drover' : `/tmp/drover-${agentUid}`;
  const spare = path.join(root, `${createHash('sha256').update(upgrades).digest('hex').slice(0, 16)}.${id}`);
  return { own: path.join(upgradeFolder, 'commands'), spare, agentUid };
}

/** The run folder of a command in the upgrade's own folder; its key is its name. */
export function ownCommandFolder({ own }: RunPlaces, key: string): string {
  return path.join(own, key);
}

/** The run folder of a command in the spare place. */
export function spareCommandFolder({ spare }: RunPlaces, key: string): string {
  return path.join(spare, key);
}

/** Where the run folder of a command is; where it would be, if it is nowhere yet. */
export function commandFolder(places: RunPlaces, key: string): string {
  const [own, spare] = [ownCommandFolder(places, key), spareCommandFolder(places, key)];
  return !isBegun(own) && existsSync(spare) ? spare : own;
}

/** Whether a command has begun in this folder; an attempt for which the disk had no room leaves less than that. */
export function isBegun(folder: string): boolean {
  return existsSync(runFolder(folder).started);
}

/**
 * Makes the spare place of an upgrade, closed to all but the agent. May be called again. Throws AppError `io` where it
 * is somebody else's.
 */
export async function makeSparePlace({ spare, agentUid }: RunPlaces): Promise<void> {
  const root = path.dirname(spare);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(root, { bigint: false });
  if (uid !== agentUid || (mode & 0o170077) !== 0o040000) {
    throw new AppError('io', `${root} is not a folder of the agent's own`, { hint: `Remove it: rm -r ${root}` });
  }
  await mkdir(spare, { recursive: true, mode: 0o700 });
}

/** Moves what lies in the spare place to the upgrade's own folder. May be called again, and while it is read. */
export async function bringRunFoldersHome(places: RunPlaces): Promise<void> {
  const { spare } = places;
  if (!existsSync(spare)) return;
  for (const key of await readdir(spare)) {
    const [from, to] = [path.join(spare, key), ownCommandFolder(places, key)];
    if (!isBegun(to)) {
      // Copied aside: a reader finds all of it, there or here.
      await rm(`${to}.new`, { recursive: true, force: true });
      await cp(from, `${to}.new`, { recursive: true, preserveTimestamps: true });
      await rm(to, { recursive: true, force: true });
      await rename(`${to}.new`, to);
    }
  }
  await rm(spare, { recursive: true });
  await rmdir(path.dirname(spare)).catch(() => undefined); // Others may have theirs in it.
}
