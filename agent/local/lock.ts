// One agent per state folder: a lock that the kernel gives back however the agent ends.
import { once } from 'node:events';
import { execa } from 'execa';
import { AppError } from '../../shared/errors.js';

/** A dying agent's lock is free as soon as its helper has noticed. */
const waitSeconds = 2;

/**
 * Takes the lock, or throws AppError `busy`. It is held by a helper (flock(1)) that ends when its standard input does,
 * and so with the agent; `lost` resolves should the helper be killed.
 */
export async function takeLock(file: string): Promise<{ release: () => void; lost: Promise<void> }> {
  const holder = execa(
    'flock',
    ['--exclusive', '--timeout', String(waitSeconds), file, 'sh', '-c', 'echo locked; exec cat'],
    {
      detached: true,
      reject: false,
      buffer: false,
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'ignore',
    },
  );
  const ended = once(holder, 'exit');
  const [first] = await Promise.race([once(holder.stdout, 'data'), ended.then(() => [null])]);
  if (first === null) {
    throw new AppError('busy', `another agent runs on this state folder (it holds ${file})`, {
      hint: 'The commands of `drover-agent` talk to it; `drover-agent run` is needed only once per host.',
    });
  }
  holder.stdout.resume();
  holder.unref();
  return { release: () => holder.stdin.end(), lost: ended.then(() => undefined) };
}
