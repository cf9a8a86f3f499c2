// Finds what belongs to a command in /proc: its session, those with its cookie in their environment, their descendants.
import { readdirSync, readFileSync } from 'node:fs';
import { parseStat, type ProcessStat } from '../run_folder.js';

/** The name of the environment variable that carries the cookie. */
export const cookieVariable = 'DROVER_COMMAND';

function readProcess(pid: string, file: 'stat' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // It ended meanwhile, or it is the kernel's.
  }
}

/** The process of this pid, or null; a zombie counts as gone. */
export function findProcess(pid: number): ProcessStat | null {
  const found = parseStat(readProcess(String(pid), 'stat'));
  return found === null || found.state === 'Z' || found.state === 'X' ? null : found;
}

/**
 * The pids of a command's processes without its supervisor. One that gave up session, environment and parent is not
 * found: hiding from this takes intent, and the systemd launcher's cgroup ends that too.
 */
export function findCommandProcesses(command: { supervisor: number; startTime: number; cookie: string }): number[] {
  const needle = `${cookieVariable}=${command.cookie}\0`;
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => parseStat(readProcess(name, 'stat')))
    .filter((process) => process !== null && process.state !== 'Z' && process.state !== 'X')
    .filter((process) => process !== null);
  const leader = all.find((process) => process.pid === command.supervisor);
  // A pid is not given out again while a session bears its number: another process of that pid means the session ended.
  const sessionIsOurs = leader === undefined || leader.startTime === command.startTime;
  const ours = new Set(
    all
      .filter((process) => process.startTime >= command.startTime)
      .filter(
        (process) =>
          (sessionIsOurs && process.session === command.supervisor) ||
          `${readProcess(String(process.pid), 'environ')}\0`.includes(needle),
      )
      .map((process) => process.pid),
  );
  for (let size = -1; size !== ours.size; ) {
    size = ours.size;
    for (const process of all) if (ours.has(process.parent)) ours.add(process.pid);
  }
  ours.delete(command.supervisor);
  return [...ours];
}
