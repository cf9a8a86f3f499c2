// Finds what belongs to a command in /proc: its session, those with its cookie in their environment, their descendants.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate as giveWay } from 'node:timers/promises';
import { isOutOfResources } from '../os_errors.js';
import { parseStat, type ProcessStat } from '../run_folder.js';
import { hasCookie } from './cookie.js';

/** Longer than any line of stat. One read without fstat, because every process of the host is read. */
const statBytes = 1024;
/** So many processes are read before other work of the agent gets its turn. */
const processesAtOnce = 50;

/** Undefined where the process has ended meanwhile. */
function readOf<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isOutOfResources(error)) throw error; // Otherwise a running command would count as lost and run again.
    return undefined;
  }
}

function readStat(pid: string): ProcessStat | null {
  const text = readOf(() => {
    const file = openSync(`/proc/${pid}/stat`, 'r');
    try {
      const bytes = Buffer.allocUnsafe(statBytes);
      return bytes.toString('latin1', 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  });
  return text === undefined ? null : parseStat(text);
}

function isAlive(process: ProcessStat | null): process is ProcessStat {
  return process !== null && process.state !== 'Z' && process.state !== 'X';
}

/** The process of this pid, or null; a zombie counts as ended. */
export function findProcess(pid: number): ProcessStat | null {
  const found = readStat(String(pid));
  return isAlive(found) ? found : null;
}

async function listProcesses(): Promise<ProcessStat[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all: ProcessStat[] = [];
  for (let at = 0; at < pids.length; at += processesAtOnce) {
    all.push(
      ...pids
        .slice(at, at + processesAtOnce)
        .map(readStat)
        .filter(isAlive),
    );
    await giveWay();
  }
  return all;
}

/** How the processes of a command are known. */
export interface CommandMarks {
  /** The leader of its session. */
  supervisor: number;
  /** Of the supervisor. */
  startTime: number;
  cookie: string | null;
  /** Whose processes may be told by the cookie: anybody can put a cookie into an environment. */
  uid: number;
}

/** The processes that were found. */
export interface CommandProcesses {
  pids: number[];
  /** The process groups that consist of them. A signal to a group also reaches a child that is being forked. */
  groups: number[];
}

/**
 * A command's processes without its supervisor. A process that changed session, environment and parent is not found.
 * That takes intent, and the systemd launcher's cgroup ends such a process too.
 */
export async function findCommandProcesses(command: CommandMarks): Promise<CommandProcesses> {
  const all = await listProcesses();
  const leader = all.find((process) => process.pid === command.supervisor);
  // The kernel does not reuse a pid while a session has its number: another process with this pid means the session
  // ended.
  const sessionIsOurs = leader === undefined || leader.startTime === command.startTime;
  const ours = new Set<number>();
  for (const { pid, session, startTime } of all) {
    if (startTime < command.startTime) continue;
    const isOurs = (sessionIsOurs && session === command.supervisor) || (await isMarked(pid, command));
    if (isOurs) ours.add(pid);
  }
  for (let size = -1; size !== ours.size; ) {
    size = ours.size;
    for (const process of all) if (ours.has(process.parent)) ours.add(process.pid);
  }
  ours.delete(command.supervisor);
  const others = new Set(all.filter(({ pid }) => !ours.has(pid)).map(({ group }) => group));
  const groups = new Set(all.filter(({ pid }) => ours.has(pid)).map(({ group }) => group));
  return { pids: [...ours], groups: [...groups].filter((group) => !others.has(group)) };
}

async function isMarked(pid: number, { cookie, uid }: CommandMarks): Promise<boolean> {
  if (cookie === null) return false;
  const owner = readOf(() => statSync(`/proc/${pid}`).uid);
  return owner === uid && (await hasCookie(pid, cookie));
}
