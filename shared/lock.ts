// One process per folder: a lock that the kernel gives back however its holder ends.
import { once } from 'node:events';
import { execa } from 'execa';
import { AppError } from './errors.js';

/** A dying process's lock is free as soon as its helper has noticed. */
const waitSeconds = 2;

export interface Lock {
  release: () => void;
  /** Resolves should its helper be killed. */
  lost: Promise<void>;
}

/**
 * Takes the lock, or throws AppError `busy`, which says who has it (`taken`) and what to do. It is held by a helper
 * (flock(1)) that ends when its standard input does, and so with this process.
 */
export async function takeLock(file: string, { taken, hint }: { taken: string; hint: string }): Promise<Lock> {
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
    throw new AppError('busy', `${taken} (it holds ${file})`, { hint });
  }
  holder.stdout.resume();
  holder.unref();
  return { release: () => holder.stdin.end(), lost: ended.then(() => undefined) };
}
