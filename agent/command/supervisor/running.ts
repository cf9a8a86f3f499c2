// Which processes of a command's supervisor run, and whether the command does where none of them is left.
import { readCommandProcess, type ProcessId, type RunFolder, type Started } from '../run_folder.js';
import { findProcess } from '../process/processes.js';

/** The processes of the supervisor that run in this boot; those of another boot have ended. */
export function findSupervisors({ bootId, pid, startTime, second }: Started, thisBoot: string): ProcessId[] {
  const all = [{ pid, startTime }, ...(second === null ? [] : [second])];
  return bootId === thisBoot ? all.filter(isRunning) : [];
}

/** Whether the command's own process runs. To be asked where it has no supervisor any more. */
export async function runsAlone(run: RunFolder, { bootId }: Started, thisBoot: string): Promise<boolean> {
  const process = bootId === thisBoot ? await readCommandProcess(run) : null;
  return process !== null && isRunning(process);
}

function isRunning({ pid, startTime }: ProcessId): boolean {
  return findProcess(pid)?.startTime === startTime;
}
