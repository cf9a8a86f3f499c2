// One process per folder: a lock that the kernel gives back however its holder ends.
import { once } from 'node:events';
import { execa } from 'execa';
import { AppError, toAppError } from '../errors.js';

/** A dying process's lock is free as soon as its helper has noticed. */
const waitSeconds = 2;
/** As flock(1) says it. */
const exitedByTimeout = 1;

export interface Lock {
  release: () => void;
  /** Resolves should its helper be killed. */
  lost: Promise<void>;
}

/**
 * Takes the lock. Throws AppError `busy`, which says who has it (`taken`) and what to do, or `io` where there can be none.
 * It is held by a helper, flock(1) of util-linux, that ends when its standard input does, and so with this process.
 */
export async function takeLock(file: string, { taken, hint }: { taken: string; hint: string }): Promise<Lock> {
  const argv = ['--exclusive', '--timeout', String(waitSeconds), file, 'sh', '-c', 'echo locked; exec cat'];
  const holder = execa('flock', argv, { detached: true, reject: false, buffer: false, stdin: 'pipe' });
  let complaint = '';
  holder.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString();
  });
  const ended = once(holder, 'exit').catch((error: unknown) => {
    complaint = toAppError(error).message;
    return [null];
  });
  const closed = once(holder.stderr, 'close');
  const held = once(holder.stdout, 'data').then(() => true);
  if (!(await Promise.race([held, ended.then(() => false)]))) {
    const [exitCode]: unknown[] = await ended;
    if (exitCode === exitedByTimeout) throw new AppError('busy', `${taken} (it holds ${file})`, { hint });
    await closed;
    throw new AppError('io', `${file} cannot be locked: ${complaint.trim()}`, {
      hint: 'It must be possible to write there, and flock(1) of util-linux must be installed.',
    });
  }
  holder.stdout.resume();
  holder.unref();
  return { release: () => holder.stdin.end(), lost: ended.then(() => undefined) };
}
