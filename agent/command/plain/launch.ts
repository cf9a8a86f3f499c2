// The plain launcher: each command is a supervised session, identified by pid, start time and boot id.
import { readFileSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import os from 'node:os';
import { AppError } from '../../../shared/errors.js';
import type { Clock } from '../../../shared/os/clock.js';
import type { CommandState, Launcher } from '../launcher.js';
import { makeRunFolder, readExitStatus, readStarted, runFolder, type RunFolder } from '../run_folder.js';
import { environmentWith, readCookie } from '../supervisor/cookie.js';
import { findCommandProcesses } from '../process/processes.js';
import { findSupervisors, runsAlone } from '../supervisor/running.js';
import { sendSignal, signalProcesses } from '../process/signal_processes.js';
import { superviseCommand } from '../supervisor/supervise.js';
import { createSupervisors, type Supervisor } from './supervisors.js';

/** The kernel's clock ticks per second (USER_HZ), the unit of start times in /proc. */
const ticksPerSecond = 100;

/** A `started` that is still incomplete after this time belongs to a supervisor that was killed while it wrote. */
const startGraceMs = 2000;

/** This boot's id, which distinguishes a pid from the same one of an earlier boot. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

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
      supervisors.start(folder, { argv: superviseCommand({ folder, spec, maxOutputBytes }, agentUid), onExit });
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
      // Checked before `exit` is read: the supervisor writes `exit` before it ends. Of its two processes one may have been
      // killed, and where both were, the command is left alone until it ends.
      const isSupervised = own?.ended === false || findSupervisors(started, bootId).length > 0;
      const running = isSupervised || (await runsAlone(run, started, bootId));
      const written = await readExitStatus(run);
      if (written !== null) supervisors.forget(folder);
      const status = written ?? own?.status ?? null;
      if (status !== null) return { state: 'exited', status };
      if (!running) return { state: 'lost' };
      return { state: 'running', elapsedMs: (os.uptime() - started.startTime / ticksPerSecond) * 1000 };
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

/** Ends the supervisor, and has the command counted as lost though its process may be there for good. */
async function abandonCommand(run: RunFolder, bootId: string): Promise<void> {
  const started = await readStarted(run);
  if (started === null) return;
  await rm(run.process, { force: true });
  for (const { pid } of findSupervisors(started, bootId)) sendSignal(pid, 'SIGKILL');
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
