// The processes in the control group of a unit.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from '../../../shared/os/errno.js';

/** Where systemd's own hierarchy is: beside others, or alone. */
const hierarchies = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup'];

/** Where systemd runs what it runs itself when a unit stops. */
const ofSystemd = '.control';

/** The processes of the group of that path, and of those in it, without systemd's own; none where there is no group. */
export async function readGroup(group: string): Promise<number[]> {
  if (group === '') return [];
  for (const hierarchy of hierarchies) {
    const pids = await readFolder(path.join(hierarchy, group));
    if (pids !== null) return pids;
  }
  return [];
}

async function readFolder(folder: string): Promise<number[] | null> {
  try {
    const pids = (await readFile(path.join(folder, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean).map(Number);
    const entries = await readdir(folder, { withFileTypes: true });
    const inner = entries.filter((entry) => entry.isDirectory() && entry.name !== ofSystemd);
    for (const { name } of inner) pids.push(...((await readFolder(path.join(folder, name))) ?? []));
    return pids;
  } catch (error) {
    // A group goes when its last process has ended.
    if (hasErrno(error, 'ENOENT', 'ENODEV')) return null;
    throw error;
  }
}
