// A program that goes on in the background, as the agent and the controller do: started until it is ready, and ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BackgroundProcess {
  pid: number;
  /** Sends the signal and returns once the process is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface BackgroundWish {
  argv: readonly [string, ...string[]];
  logFile: string;
  /** Asked again and again until it is true. */
  isReady: () => Promise<boolean>;
  signal: AbortSignal;
}

/** Starts it, its log going to `logFile`, and returns once it is ready. Throws when it ends before that. */
export async function startInBackground({
  argv,
  logFile,
  isReady,
  signal,
}: BackgroundWish): Promise<BackgroundProcess> {
  signal.throwIfAborted();
  const log = await open(logFile, 'a');
  const [file, ...words] = argv;
  const child = spawn(file, words, {
    cwd: path.dirname(logFile),
    // A process group of its own: Ctrl-C is for the demo, which ends everything itself, in order.
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
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${path.basename(file)} ended before it was ready; see ${logFile}`);
    if (signal.aborted) await started.end('SIGTERM');
    signal.throwIfAborted();
    await sleep(20);
  }
  return started;
}
