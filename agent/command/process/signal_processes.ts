// Sends signals to processes and process groups that may have ended.
import { hasErrno } from '../../../shared/os/errno.js';
import type { CommandProcesses } from './processes.js';

/** False when the process has ended meanwhile, or has gained rights that the agent does not have. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (hasErrno(error, 'ESRCH', 'EPERM')) return false;
    throw error;
  }
}

/** The same of all processes of the group that this one leads; undefined: it could not be started. */
export function signalGroup(leader: number | undefined, signal: NodeJS.Signals): boolean {
  return leader !== undefined && sendSignal(-leader, signal);
}

/** Signals all of them (null: none), also those that have ended since they were found. */
export function signalProcesses({ pids, groups }: CommandProcesses, signal: 'SIGTERM' | 'SIGKILL' | null): void {
  if (signal === null) return;
  for (const pid of pids) sendSignal(pid, signal);
  // Among processes that fork and end all the time there are some that were not there to be found.
  if (signal === 'SIGKILL') for (const group of groups) sendSignal(-group, signal);
}
