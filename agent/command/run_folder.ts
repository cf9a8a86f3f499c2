// A command's run folder, which outlives the agent: `started`, `process`, `output`, `exit`, the command's environment, and
// which launcher it belongs to.
import { constants, existsSync } from 'node:fs';
import { link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from '../../shared/os/errno.js';

export interface RunFolder {
  folder: string;
  environment: string;
  started: string;
  process: string;
  output: string;
  exit: string;
  /** Names the unit that runs the command; there is none where the plain launcher does. */
  launcher: string;
  /** The supervisor as a unit runs it: its program and its arguments. */
  supervisor: string;
}

/** The paths in a run folder. */
export function runFolder(folder: string): RunFolder {
  const inside = (name: string) => path.join(folder, name);
  return {
    folder,
    environment: inside('environment'),
    started: inside('started'),
    process: inside('process'),
    output: inside('output'),
    exit: inside('exit'),
    launcher: inside('launcher'),
    supervisor: inside('supervisor'),
  };
}

/**
 * Makes the folder, readable by the agent only, with the environment of the command. May be called again, also while
 * the command starts: the first environment stays, because it holds the command's cookie, and it is complete or absent.
 * Each call needs its own `draftId`.
 */
export async function makeRunFolder(
  run: RunFolder,
  { environment, draftId }: { environment: string; draftId: string },
): Promise<void> {
  await makeFolder(run.folder);
  const draft = `${run.environment}.${draftId}`;
  try {
    await writeFile(draft, environment, { mode: 0o600, flag: 'wx' });
    await link(draft, run.environment).catch(ignoreExisting);
  } finally {
    await rm(draft, { force: true });
  }
  const output = await open(run.output, constants.O_CREAT | constants.O_WRONLY, 0o600);
  await output.close();
}

/** Makes folder and parent. `recursive` is not used: it reports ENOENT for every disk error. */
async function makeFolder(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  if (!existsSync(parent)) await mkdir(parent, { mode: 0o700 }).catch(ignoreExisting);
  await mkdir(folder, { mode: 0o700 }).catch(ignoreExisting);
}

function ignoreExisting(error: unknown): void {
  if (!hasErrno(error, 'EEXIST')) throw error;
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return '';
    throw error;
  }
}

/**
 * Writes a file of the folder in whole, or throws the system's error. May be called again; each call needs its own
 * `draftId`.
 */
export async function writeRunFile(file: string, text: string, draftId: string): Promise<void> {
  const draft = `${file}.${draftId}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The unit that this folder's command was given to; null where it belongs to the plain launcher, or to none yet. */
export async function readUnit(run: RunFolder): Promise<string | null> {
  return /^systemd (\S+)\n$/.exec(await readIfThere(run.launcher))?.[1] ?? null;
}

/** Removes what a unit runs: from then on none begins in this folder. */
export async function removeProgram(run: RunFolder): Promise<void> {
  await rm(run.supervisor, { force: true });
}

/** Whether a launcher was asked to start something in this folder. */
export function isGiven(run: RunFolder): boolean {
  return existsSync(run.environment);
}

/** Whether a supervisor has begun in this folder; `started` may be incomplete. */
export function isTaken(run: RunFolder): boolean {
  return existsSync(run.started);
}

/** One process and no other, with the boot's id. */
export interface ProcessId {
  pid: number;
  /** Clock ticks after boot (proc(5), field 22 of stat). */
  startTime: number;
}

export interface Started extends ProcessId {
  bootId: string;
  /** The second process of the supervisor; null where an older agent has started it. */
  second: ProcessId | null;
}

/** What the supervisor wrote about itself before the command began; null while the file is missing or incomplete. */
export async function readStarted(run: RunFolder): Promise<Started | null> {
  const [bootId, stat, ...others] = (await readIfThere(run.started)).split('\n');
  if (bootId === undefined || stat === undefined || others.at(-1) !== '') return null;
  const process = parseStat(stat);
  return process === null ? null : { bootId, ...idOf(process), second: readId(others[0] ?? '') };
}

/** The command's own process; null while it is not noted, or where an older agent has started it. */
export async function readCommandProcess(run: RunFolder): Promise<ProcessId | null> {
  return readId(await readIfThere(run.process));
}

function readId(stat: string): ProcessId | null {
  const process = parseStat(stat);
  return process === null ? null : idOf(process);
}

const idOf = ({ pid, startTime }: ProcessStat): ProcessId => ({ pid, startTime });

/** The exit status from the supervisor, as in a shell (128 + n for signal n); null until the line is complete. */
export async function readExitStatus(run: RunFolder): Promise<number | null> {
  const text = await readIfThere(run.exit);
  return /^\d+\n$/.test(text) ? Number(text) : null;
}

/** How long a finished command took, by the times of its files; 0 where one is missing. */
export async function readDurationMs(run: RunFolder): Promise<number> {
  const [started, exit] = await Promise.all([run.started, run.exit].map((file) => stat(file).catch(() => null)));
  return Math.max(0, Math.round((exit?.mtimeMs ?? 0) - (started?.mtimeMs ?? 0)));
}

export interface ProcessStat {
  pid: number;
  state: string;
  parent: number;
  group: number;
  session: number;
  startTime: number;
  threads: number;
}

/** Parses /proc/PID/stat (proc(5)); the name in parentheses may hold anything, so fields count from its last one. */
export function parseStat(text: string): ProcessStat | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [pid, parent, group, session, startTime, threads] = [
    Number.parseInt(text, 10),
    ...[1, 2, 3, 19, 17].map((index) => Number(fields[index])),
  ];
  if (pid === undefined || parent === undefined || group === undefined) return null;
  if (session === undefined || startTime === undefined || threads === undefined) return null;
  if ([pid, parent, group, session, startTime, threads].some(Number.isNaN)) return null;
  return { pid, state: fields[0] ?? '', parent, group, session, startTime, threads };
}
