// The processes in the control group of a unit, as /proc tells them.
import { readdir, readFile } from 'node:fs/promises';
import { hasErrno } from '../../../shared/os/errno.js';
import { findProcess } from '../process/processes.js';

/** Where systemd runs what it runs itself when a unit stops. */
const ofSystemd = '.control';

/** The processes in the group of that path, as systemd names it, and in those in it, without systemd's own and zombies. */
export async function listGroup(group: string): Promise<number[]> {
  if (group === '') return [];
  // In a container systemd's paths begin where the container has its own.
  const whole = `${(await readGroup('1')).replace(/\/init\.scope$/, '')}${group}`;
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const own = await readGroup(name);
    const isIn = own === whole || (own.startsWith(`${whole}/`) && !own.startsWith(`${whole}/${ofSystemd}`));
    if (isIn && findProcess(Number(name)) !== null) found.push(Number(name));
  }
  return found;
}

/** The group that systemd has a process in; empty where it has ended. */
async function readGroup(pid: string): Promise<string> {
  try {
    return groupIn(await readFile(`/proc/${pid}/cgroup`, 'utf8'));
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH')) return '';
    throw error;
  }
}

/** The group in the text of `/proc/PID/cgroup` (cgroups(7)): of systemd's own hierarchy, or of the only one. Pure. */
export function groupIn(text: string): string {
  return /^\d+:name=systemd:(.*)$/m.exec(text)?.[1] ?? /^0::(.*)$/m.exec(text)?.[1] ?? '';
}
