// Finds what belongs to a command in /proc: its session, those with its cookie in their environment, their descendants.
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { parseStat, type ProcessStat } from '../run_folder.js';
import { isOutOfResources } from '../os_errors.js';

/** The name of the environment variable that carries the cookie. */
export const cookieVariable = 'DROVER_COMMAND';

/** A line of stat is shorter than this. One read and no look at its size: this is done for each process of the host. */
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
    if (isOutOfResources(error)) throw error; // Otherwise what runs would count as lost, and be run again.
    return null; // It ended meanwhile.
  }
}

function hasCookie(pid: number, needle: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(needle);
  } catch (error) {
    if (isOutOfResources(error)) throw error;
    return false; // It ended meanwhile, or its environment is not for us to read.
  }
}

function isAlive(process: ProcessStat | null): process is ProcessStat {
  return process !== null && process.state !== 'Z' && process.state !== 'X';
}

/** The process of this pid, or null; a zombie counts as gone. */
export function findProcess(pid: number): ProcessStat | null {
  const found = readStat(String(pid));
  return isAlive(found) ? found : null;
}

/**
 * The pids of a command's processes without its supervisor. One that gave up session, environment and parent is not
 * found: hiding from this takes intent, and the systemd launcher's cgroup ends that too.
 */
export function findCommandProcesses(command: { supervisor: number; startTime: number; cookie: string }): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter(isAlive);
  const leader = all.find((process) => process.pid === command.supervisor);
  // A pid is not given out again while a session bears its number: another process of that pid means the session ended.
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
