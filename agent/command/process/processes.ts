// Finds what belongs to a command in /proc: its session, those with its cookie in their environment, their descendants.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate as giveWay } from 'node:timers/promises';
import { isOutOfResources } from '../os_errors.js';
import { parseStat, type ProcessStat } from '../run_folder.js';
import { hasCookie } from '../supervisor/cookie.js';

/** Longer than any line of stat. One read without fstat, because every process of the host is read. */
const statBytes = 1024;
/**
 * So many processes are named by the kernel and read at once, before other work of the agent gets its turn. The fewer,
 * the shorter a process may live and still be found.
 */
const processesAtOnce = 32;

/** Undefined where the process has ended meanwhile. */
function readOf<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    return notFound(error);
  }
}

/** Throws where the host ran out of something: otherwise a running command would count as lost and run again. */
function notFound(error: unknown): undefined {
  if (isOutOfResources(error)) throw error;
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

/** A process whose first thread has ended is a zombie for the kernel, too, while its other threads run. */
function isAlive(process: ProcessStat | null): process is ProcessStat {
  if (process === null || process.state === 'X') return false;
  return process.state !== 'Z' || process.threads > 1;
}

/** The process of this pid, or null; a zombie counts as ended. */
export function findProcess(pid: number): ProcessStat | null {
  const found = readStat(String(pid));
  return isAlive(found) ? found : null;
}

async function listProcesses(): Promise<ProcessStat[]> {
  const all: ProcessStat[] = [];
  // Names alone: to tell their kinds, Node would look at each entry and fail at one that has just ended.
  for (const [index, name] of (await readdir('/proc')).entries()) {
    const found = /^\d+$/.test(name) ? readStat(name) : null;
    if (isAlive(found)) all.push(found);
    if ((index + 1) % processesAtOnce === 0) await giveWay();
  }
  return all;
}

/** How the processes of a command are known. */
export interface CommandMarks {
  /** The processes of its supervisor; the first one is the leader of its session. */
  supervisors: readonly [number, ...number[]];
  /** Of the first one. */
  startTime: number;
  cookie: string | null;
  /** Whose processes may be told by the cookie: anybody can put a cookie into an environment. */
  uid: number;
  /** Start times, by pid, of those found before: the parent by which one was found may have ended since. */
  known: ReadonlyMap<number, number>;
}

/** The processes that were found. */
export interface CommandProcesses {
  pids: number[];
  /** By pid; `known` of the next search. */
  startTimes: Map<number, number>;
  /** The process groups that consist of them. A signal to a group also reaches a child that is being forked. */
  groups: number[];
}

/**
 * A command's processes without its supervisor. A process that changed session, environment and parent is not found.
 * That takes intent, and the systemd launcher's cgroup ends such a process too.
 */
export async function findCommandProcesses(command: CommandMarks): Promise<CommandProcesses> {
  const all = await listProcesses();
  const [session] = command.supervisors;
  const leader = all.find((process) => process.pid === session);
  // The kernel does not reuse a pid while a session has its number: another process with this pid means the session
  // ended.
  const sessionIsOurs = leader === undefined || leader.startTime === command.startTime;
  const ours = new Set<number>();
  for (const process of all) {
    const { pid, startTime } = process;
    if (startTime < command.startTime) continue;
    const isOurs = (sessionIsOurs && process.session === session) || command.known.get(pid) === startTime;
    if (isOurs || (await isMarked(process, command))) ours.add(pid);
  }
  for (const supervisor of command.supervisors) ours.delete(supervisor);
  for (let size = -1; size !== ours.size; ) {
    size = ours.size;
    for (const process of all) if (ours.has(process.parent)) ours.add(process.pid);
  }
  const found = all.filter(({ pid }) => ours.has(pid));
  const others = new Set(all.filter(({ pid }) => !ours.has(pid)).map(({ group }) => group));
  return {
    pids: found.map(({ pid }) => pid),
    startTimes: new Map(found.map(({ pid, startTime }) => [pid, startTime])),
    groups: [...new Set(found.map(({ group }) => group))].filter((group) => !others.has(group)),
  };
}

async function isMarked({ pid, state }: ProcessStat, { cookie, uid }: CommandMarks): Promise<boolean> {
  if (cookie === null) return false;
  const owner = readOf(() => statSync(`/proc/${pid}`).uid);
  return owner === uid && (await hasCookie(state === 'Z' ? await findThread(pid) : pid, cookie));
}

/** Another thread than the first: that one shows no environment once it has ended. */
async function findThread(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(notFound);
  return Number(threads?.find((thread) => thread !== String(pid)) ?? pid);
}
