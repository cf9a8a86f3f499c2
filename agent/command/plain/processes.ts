// Finds what belongs to a command in /proc: its session, those with its cookie in their environment, their descendants.
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { parseStat, type ProcessStat } from '../run_folder.js';
import { isOutOfResources } from '../os_errors.js';

/** The name of the environment variable that carries the cookie. */
export const cookieVariable = 'DROVER_COMMAND';

/** Longer than any line of stat. One read without fstat, because every process of the host is read. */
const statBytes = 1024;

function readStat(pid: string): ProcessStat | null {
  try {
    const file = openSync(`/proc/${pid}/stat`, 'r');
    try {
      const bytes = Buffer.allocUnsafe(statBytes);
      return parseStat(bytes.toString('latin1', 0, readSync(file, bytes)));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isOutOfResources(error)) throw error; // Otherwise a running command would count as lost and run again.
    return null; // The process ended meanwhile.
  }
}

function hasCookie(pid: number, needle: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(needle);
  } catch (error) {
    if (isOutOfResources(error)) throw error;
    return false; // The process ended meanwhile, or the agent may not read its environment.
  }
}

function isAlive(process: ProcessStat | null): process is ProcessStat {
  return process !== null && process.state !== 'Z' && process.state !== 'X';
}

/** The process of this pid, or null; a zombie counts as ended. */
export function findProcess(pid: number): ProcessStat | null {
  const found = readStat(String(pid));
  return isAlive(found) ? found : null;
}

/**
 * The pids of a command's processes without its supervisor. A process that changed session, environment and parent is
 * not found. That takes intent, and the systemd launcher's cgroup ends such a process too.
 */
export function findCommandProcesses(command: { supervisor: number; startTime: number; cookie: string }): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter(isAlive);
  const leader = all.find((process) => process.pid === command.supervisor);
  // The kernel does not reuse a pid while a session has its number: another process with this pid means the session
  // ended.
  const sessionIsOurs = leader === undefined || leader.startTime === command.startTime;
  const needle = `${cookieVariable}=${command.cookie}\0`;
  const ours = new Set(
    all
      .filter(({ startTime }) => startTime >= command.startTime)
      .filter(({ pid, session }) => (sessionIsOurs && session === command.supervisor) || hasCookie(pid, needle))
      .map(({ pid }) => pid),
  );
  for (let size = -1; size !== ours.size; ) {
    size = ours.size;
    for (const process of all) if (ours.has(process.parent)) ours.add(process.pid);
  }
  ours.delete(command.supervisor);
  return [...ours];
}
