// The facts of this host that a report holds. They do not change while an agent runs.
import os from 'node:os';
import type { HostFacts } from '../../shared/model/report/report.js';

/** Call it once, at the start: it spawns processes. */
export async function readFacts(): Promise<HostFacts> {
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
