// A program in the background, as the agent and the controller are: starts it, waits until it is ready, and ends it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BackgroundProcess {
  pid: number;
  /** Sends the signal and returns once the process has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface BackgroundOptions {
  argv: readonly [string, ...string[]];
  /** Added to the demo's own environment. */
  env?: Readonly<Record<string, string>>;
  logFile: string;
  /** Called repeatedly until it resolves with true. */
  isReady: () => Promise<boolean>;
  signal: AbortSignal;
}

/** Starts the program with its output in `logFile`, and returns once it is ready. Throws if it ends before that. */
export async function startInBackground({
  argv,
  env = {},
  logFile,
  isReady,
  signal,
}: BackgroundOptions): Promise<BackgroundProcess> {
  signal.throwIfAborted();
  const log = await open(logFile, 'a');
  const [file, ...words] = argv;
  const child = spawn(file, words, {
    cwd: path.dirname(logFile),
    env: { ...process.env, ...env },
    // In a process group of its own: Ctrl-C reaches the demo only, which ends everything itself, in order.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(child, 'spawn');
  const ended = once(child, 'exit');
  await log.close();
  const started: BackgroundProcess = {
    pid: child.pid ?? 0,
    async end(name) {
      child.kill(name);
      await ended;
    },
  };
  while (!(await isReady())) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${path.basename(file)} ended before it was ready; see ${logFile}`);
    }
    if (signal.aborted) await started.end('SIGTERM');
    signal.throwIfAborted();
    await sleep(20);
  }
  return started;
}
