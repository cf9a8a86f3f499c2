// The plain launcher: each command is a supervised session, identified by pid, start time and boot id.
import { stat } from 'node:fs/promises';
import { AppError } from '../../../shared/errors.js';
import type { Clock } from '../../../shared/os/clock.js';
import type { CommandState, Launcher } from '../launcher.js';
import { makeRunFolder, readStarted, runFolder, type RunFolder } from '../run_folder.js';
import { environmentWith, readCookie } from '../supervisor/cookie.js';
import { findCommandProcesses } from '../process/processes.js';
import { abandonCommand, elapsedMsOf, findSupervisors, lookAtBegun } from '../supervisor/begun.js';
import { sendSignal, signalProcesses } from '../process/signal_processes.js';
import { superviseCommand } from '../supervisor/supervise.js';
import { createSupervisors, type Supervisor } from './supervisors.js';

/** A `started` that is still incomplete after this time belongs to a supervisor that was killed while it wrote. */
const startGraceMs = 2000;

export interface PlainLauncherOptions {
  agentUid: number;
  bootId: string;
  clock: Pick<Clock, 'now'>;
  /** Never gives the same twice. */
  makeId: () => string;
  /** Nobody can guess what it gives. */
  makeSecret: () => string;
}

/** A launcher for an agent of `agentUid`; as root it runs each command as the user of its spec. */
export function createPlainLauncher(options: PlainLauncherOptions): Launcher {
  const { agentUid, bootId, clock, makeId, makeSecret } = options;
  // Kept until `exit` is found: it replaces an `exit` that the supervisor could not write on a full disk.
  const supervisors = createSupervisors();
  const foundBefore = new Map<string, ReadonlyMap<number, number>>();

  return {
    async launch({ folder, spec, label, maxOutputBytes }, onExit) {
      const run = runFolder(folder);
      const environment = environmentWith(`${label}/${makeSecret()}`, spec.env);
      await makeRunFolder(run, { environment, draftId: makeId() });
      supervisors.start(folder, { argv: superviseCommand({ folder, spec, maxOutputBytes, bootId }, agentUid), onExit });
    },

    async readState(folder) {
      // Read first: it must not be newer than what is read from the folder.
      const child = supervisors.find(folder);
      const run = runFolder(folder);
      const started = await readStarted(run);
      if (started === null) {
        if (child?.ended === false) return { state: 'running', elapsedMs: 0 };
        if (child !== undefined) supervisors.forget(folder);
        return readUnstarted({ run, child, now: clock.now() });
      }
      const own = started.bootId === bootId && started.pid === child?.pid ? child : undefined;
      const { isRunning, status: written } = await lookAtBegun(run, started, bootId);
      if (written !== null) supervisors.forget(folder);
      const status = written ?? own?.status ?? null;
      if (status !== null) return { state: 'exited', status };
      if (!isRunning && own?.ended !== false) return { state: 'lost' };
      return { state: 'running', elapsedMs: elapsedMsOf(started) };
    },

    async kill(folder, { user, signal }) {
      const run = runFolder(folder);
      const started = await readStarted(run);
      if (started === null || started.bootId !== bootId) return [];
      const { pid, startTime, second } = started;
      // A stopped supervisor would never write `exit`, or never end.
      for (const each of findSupervisors(started, bootId)) sendSignal(each.pid, 'SIGCONT');
      const supervisors = [pid, ...(second === null ? [] : [second.pid])] as const;
      const known = foundBefore.get(folder) ?? new Map<number, number>();
      const marks = { supervisors, startTime, cookie: await readCookie(run), uid: user.uid, known };
      const found = await findCommandProcesses(marks);
      signalProcesses(found, signal);
      if (found.pids.length > 0) foundBefore.set(folder, found.startTimes);
      else foundBefore.delete(folder);
      return found.pids;
    },

    abandon: (folder) => abandonCommand(runFolder(folder), bootId),
  };
}

async function readUnstarted({
  run,
  child,
  now,
}: {
  run: RunFolder;
  child: Supervisor | undefined;
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
