// The plain launcher: each command is a supervised session, identified by pid, start time and boot id.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import os from 'node:os';
import { AppError } from '../../../shared/errors.js';
import type { Clock } from '../../../shared/os/clock.js';
import type { CommandState, Launcher } from '../launcher.js';
import { makeRunFolder, readExitStatus, readStarted, runFolder, type RunFolder, type Started } from '../run_folder.js';
import { exportEnvironment, systemPath } from './enter.js';
import { cookieVariable, findCommandProcesses, findProcess } from './processes.js';
import { superviseCommand } from './supervise.js';
import { hasErrno } from '../../../shared/os/errno.js';

/** The kernel's clock ticks per second (USER_HZ), the unit of start times in /proc. */
const ticksPerSecond = 100;

/** A `started` that is still incomplete after this time belongs to a supervisor that was killed while it wrote. */
const startGraceMs = 2000;

/** This boot's id, which distinguishes a pid from the same one of an earlier boot. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** A supervisor that this agent started. */
interface Child {
  pid: number | undefined;
  ended: boolean;
  /** Its exit status; null while it runs, and where it was killed or could not be started. */
  status: number | null;
  cause: Error | null;
}

export interface PlainLauncherOptions {
  agentUid: number;
  bootId: string;
  clock: Pick<Clock, 'now'>;
  /** Never gives the same twice. */
  makeId: () => string;
}

/** A launcher for an agent of `agentUid`; as root it runs each command as the user of its spec. */
export function createPlainLauncher({ agentUid, bootId, clock, makeId }: PlainLauncherOptions): Launcher {
  // Kept until `exit` is found: it replaces an `exit` that the supervisor could not write on a full disk.
  const children = new Map<string, Child>();

  function isThere({ pid, startTime, ...started }: Started): boolean {
    return started.bootId === bootId && findProcess(pid)?.startTime === startTime;
  }

  return {
    async launch({ folder, spec, cookie }, onExit) {
      const environment = exportEnvironment({ ...spec.env, [cookieVariable]: cookie });
      await makeRunFolder(runFolder(folder), { environment, draftId: makeId() });
      const [file, ...args] = superviseCommand(folder, spec, agentUid);
      const env = { PATH: systemPath, [cookieVariable]: cookie };
      const child = spawn(file, args, { cwd: '/', env, detached: true, stdio: 'ignore' });
      const { pid } = child;
      children.set(folder, { pid, ended: false, status: null, cause: null });
      const end = (status: number | null, cause: Error | null) => {
        if (children.get(folder)?.pid === pid) children.set(folder, { pid, ended: true, status, cause });
        onExit();
      };
      child.once('exit', (status) => end(status, null));
      child.once('error', (error) => end(null, error));
      child.unref();
    },

    async readState(folder) {
      // Read first: it must not be newer than what is read from the folder.
      const child = children.get(folder);
      const run = runFolder(folder);
      const started = await readStarted(run);
      if (started === null) {
        if (child?.ended === false) return { state: 'running', elapsedMs: 0 };
        if (child !== undefined) children.delete(folder);
        return readUnstarted({ run, child, now: clock.now() });
      }
      const own = started.bootId === bootId && started.pid === child?.pid ? child : undefined;
      // Check the supervisor before `exit` is read: it writes `exit` before it ends.
      const running = own === undefined ? isThere(started) : !own.ended;
      const written = await readExitStatus(run);
      if (written !== null) children.delete(folder);
      const status = written ?? own?.status ?? null;
      if (status !== null) return { state: 'exited', status };
      if (!running) return { state: 'lost' };
      return { state: 'running', elapsedMs: (os.uptime() - started.startTime / ticksPerSecond) * 1000 };
    },

    async kill(folder, { cookie, signal }) {
      const started = await readStarted(runFolder(folder));
      if (started === null || started.bootId !== bootId) return 0;
      const { pid: supervisor, startTime } = started;
      // A stopped supervisor would never write `exit`.
      if (signal === 'SIGKILL' && isThere(started)) sendSignal(supervisor, 'SIGCONT');
      return findCommandProcesses({ supervisor, startTime, cookie }).filter((pid) => sendSignal(pid, signal ?? 0))
        .length;
    },
  };
}

async function readUnstarted({
  run,
  child,
  now,
}: {
  run: RunFolder;
  child: Child | undefined;
  now: Date;
}): Promise<CommandState> {
  const file = await stat(run.started).catch(() => null);
  if (file !== null) {
    const ageMs = now.getTime() - file.mtimeMs;
    return Math.abs(ageMs) < startGraceMs ? { state: 'running', elapsedMs: 0 } : { state: 'lost' };
  }
  if (child === undefined) return { state: 'absent' };
  throw new AppError('io', `no command could be started in ${run.folder}`, {
    ...(child.cause === null ? {} : { cause: child.cause }),
    hint: 'The disk is full, or this host has no free process or memory.',
  });
}

/** False when the process has ended meanwhile, or has gained rights that the agent does not have. */
function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (hasErrno(error, 'ESRCH', 'EPERM')) return false;
    throw error;
  }
}
