// The supervisors that this agent started: whether each has ended, and how.
import { spawn } from 'node:child_process';
import { systemPath } from '../supervisor/enter.js';

export interface Supervisor {
  pid: number | undefined;
  ended: boolean;
  /** Its exit status; null while it runs, and where it was killed or could not be started. */
  status: number | null;
  cause: Error | null;
}

export interface Supervision {
  argv: readonly [string, ...string[]];
  /** Called when it has ended or could not be started. */
  onExit: () => void;
}

export interface Supervisors {
  /** Starts one for this run folder, in a session of its own, which outlives the agent. */
  start(folder: string, supervision: Supervision): void;
  /** The latest of this run folder. */
  find(folder: string): Supervisor | undefined;
  forget(folder: string): void;
}

/** No supervisors yet. */
export function createSupervisors(): Supervisors {
  const children = new Map<string, Supervisor>();
  return {
    start(folder, { argv: [file, ...args], onExit }) {
      const child = spawn(file, args, { cwd: '/', env: { PATH: systemPath }, detached: true, stdio: 'ignore' });
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
    find: (folder) => children.get(folder),
    forget: (folder) => void children.delete(folder),
  };
}
