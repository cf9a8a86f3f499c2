// Kills one process of a host that is chosen at random among those of a kind.
import type { HostProcess } from '../helpers/agent/host_processes.js';
import type { World } from './world.js';

/** Kills one of all hosts' commands for which `isIt` is true; says which, or that there was none. */
export function killOne(world: World, isIt: (process: HostProcess) => boolean): string {
  const found = world.hosts.flatMap((host) => host.commands()).filter(isIt);
  if (found.length === 0) return 'none was there';
  const { pid, command } = world.pick(found);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return 'it ended first';
  }
  return command.slice(0, 120);
}
