// The run folders of an upgrade: in its own folder, or in a spare folder in memory while the disk is full or read-only.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { cp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError, toAppError } from '../../shared/errors.js';
import { makeTrustedFolder } from '../../shared/os/trusted/folder.js';
import { runFolder } from '../command/run_folder.js';

export interface RunPlaces {
  /** In the upgrade's own folder. */
  own: string;
  /** In memory; the next agent finds it by the same name. */
  spare: string;
  /** The owner of the spare folder. */
  agentUid: number;
}

/** The run folders of the upgrade in this folder, for an agent of `agentUid`. Makes nothing. */
export function runPlaces(upgradeFolder: string, agentUid: number): RunPlaces {
  const [upgrades, id] = [path.dirname(upgradeFolder), path.basename(upgradeFolder)];
  const root = agentUid === 0 ? '/run/drover' : `/tmp/drover-${agentUid}`;
  const spare = path.join(root, `${createHash('sha256').update(upgrades).digest('hex').slice(0, 16)}.${id}`);
  return { own: path.join(upgradeFolder, 'commands'), spare, agentUid };
}

/** The run folder of a command in the upgrade's own folder, named by its key. */
export function ownCommandFolder({ own }: RunPlaces, key: string): string {
  return path.join(own, key);
}

/** The run folder of a command in the spare folder. */
export function spareCommandFolder({ spare }: RunPlaces, key: string): string {
  return path.join(spare, key);
}

/** The path of a command's run folder; where none exists, the path in the upgrade's own folder. */
export function commandFolder(places: RunPlaces, key: string): string {
  const [own, spare] = [ownCommandFolder(places, key), spareCommandFolder(places, key)];
  return !isBegun(own) && isOwnPlace(places) && existsSync(spare) ? spare : own;
}

/** Whether a command has begun in this folder. An attempt that failed on a full disk does not count. */
export function isBegun(folder: string): boolean {
  return existsSync(runFolder(folder).started);
}

/** Whether the agent itself made the spare folder: in /tmp another user can make one of its name. */
function isOwnPlace({ spare, agentUid }: RunPlaces): boolean {
  const found = lstatSync(path.dirname(spare), { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === agentUid && (found.mode & 0o077) === 0;
}

/**
 * Makes the spare folder of an upgrade, accessible to the agent only. May be called again. Throws AppError `io` where
 * another user owns it.
 */
export async function makeSparePlace({ spare }: RunPlaces): Promise<void> {
  const root = path.dirname(spare);
  try {
    await makeTrustedFolder(root, { mode: 0o700 });
  } catch (error) {
    throw new AppError('io', `${root} is not a folder that the agent owns: ${toAppError(error).message}`, {
      cause: error,
      hint: `Remove it: rm -r ${root}`,
    });
  }
  await makeTrustedFolder(spare, { mode: 0o700 });
}

/** Moves the content of the spare folder to the upgrade's own folder. May be called again, and during reads. */
export async function bringRunFoldersHome(places: RunPlaces): Promise<void> {
  const { spare } = places;
  if (!isOwnPlace(places) || !existsSync(spare)) return;
  for (const key of await readdir(spare)) {
    const [from, to] = [path.join(spare, key), ownCommandFolder(places, key)];
    if (!isBegun(to)) {
      // Copied under another name first, so that a reader finds a complete folder in one of the two places.
      await rm(`${to}.new`, { recursive: true, force: true });
      await cp(from, `${to}.new`, { recursive: true, preserveTimestamps: true });
      await rm(to, { recursive: true, force: true });
      await rename(`${to}.new`, to);
    }
  }
  await rm(spare, { recursive: true });
  await rmdir(path.dirname(spare)).catch(() => undefined); // Other upgrades may still use it.
}
