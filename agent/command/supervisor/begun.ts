// A command that has begun, whichever launcher started it: whether it runs, and how it ended.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import { findProcess } from '../process/processes.js';
import { sendSignal } from '../process/signal_processes.js';
import {
  readCommandProcess,
  readExitStatus,
  readStarted,
  type ProcessId,
  type RunFolder,
  type Started,
} from '../run_folder.js';

/** The kernel's clock ticks per second (USER_HZ), the unit of start times in /proc. */
const ticksPerSecond = 100;

/** This boot's id, which distinguishes a pid from the same one of an earlier boot. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** The processes of the supervisor that run in this boot; those of another boot have ended. */
export function findSupervisors({ bootId, pid, startTime, second }: Started, thisBoot: string): ProcessId[] {
  const all = [{ pid, startTime }, ...(second === null ? [] : [second])];
  return bootId === thisBoot ? all.filter(isRunning) : [];
}

/**
 * Whether the command runs, and its exit status where that is written. A command whose supervisor was killed runs for as
 * long as its own process does.
 */
export async function lookAtBegun(
  run: RunFolder,
  started: Started,
  thisBoot: string,
): Promise<{ isRunning: boolean; status: number | null }> {
  // Looked at before `exit` is read: the supervisor writes `exit` before it ends. Of its two processes one may have been
  // killed, and where both were, the command is left alone until it ends.
  const isSupervised = findSupervisors(started, thisBoot).length > 0;
  const runs = isSupervised || (await runsAlone(run, started, thisBoot));
  return { isRunning: runs, status: await readExitStatus(run) };
}

async function runsAlone(run: RunFolder, { bootId }: Started, thisBoot: string): Promise<boolean> {
  const process = bootId === thisBoot ? await readCommandProcess(run) : null;
  return process !== null && isRunning(process);
}

/** How long ago its supervisor was started in this boot. */
export function elapsedMsOf({ startTime }: Started): number {
  return (os.uptime() - startTime / ticksPerSecond) * 1000;
}

/** Ends the supervisor, and has the command counted as lost though its process may be there for good. */
export async function abandonCommand(run: RunFolder, thisBoot: string): Promise<void> {
  const started = await readStarted(run);
  if (started === null) return;
  await rm(run.process, { force: true });
  for (const { pid } of findSupervisors(started, thisBoot)) sendSignal(pid, 'SIGKILL');
}

function isRunning({ pid, startTime }: ProcessId): boolean {
  return findProcess(pid)?.startTime === startTime;
}
