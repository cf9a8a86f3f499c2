// The facts of this host that a report holds. Only its disk changes while an agent runs.
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import type { HostFacts } from '../../shared/model/report.js';

export type LastingFacts = Omit<HostFacts, 'state_disk'>;

/** Call it once, at the start: it spawns processes. */
export async function readLastingFacts(): Promise<LastingFacts> {
  // Loaded only here: an agent without a controller does not need it.
  const { osInfo } = await import('systeminformation');
  const { distro, release, codename, kernel, arch } = await osInfo();
  const name = [distro, release].filter((part) => part !== '').join(' ');
  return {
    os: codename === '' ? name : `${name} (${codename})`,
    kernel,
    arch,
    cpus: os.availableParallelism(),
    memory_bytes: os.totalmem(),
    node: process.version,
  };
}

/** Of the file system that `folder` lies on. */
export async function readDisk(folder: string): Promise<HostFacts['state_disk']> {
  const { bsize, blocks, bavail } = await statfs(folder);
  return { total_bytes: bsize * blocks, free_bytes: bsize * bavail };
}
