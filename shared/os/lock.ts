// One process per folder: a lock that the kernel releases however its holder ends.
import { once } from 'node:events';
import { execa } from 'execa';
import { AppError, toAppError } from '../errors.js';

/** The lock of a killed process is free once its helper has ended, which takes a moment. */
const waitSeconds = 2;
/** The exit code of flock(1) after its timeout. */
const exitedByTimeout = 1;

export interface Lock {
  release: () => void;
  /** Resolves when the lock is lost: its helper has ended. */
  lost: Promise<void>;
}

/**
 * Takes the lock. Throws AppError `busy` with the message `taken` and the hint, or `io` if the file cannot be locked.
 * A helper holds it: flock(1) of util-linux, which ends with its standard input, and so with this process.
 */
export async function takeLock(file: string, { taken, hint }: { taken: string; hint: string }): Promise<Lock> {
  const argv = ['--exclusive', '--timeout', String(waitSeconds), file, 'sh', '-c', 'echo locked; exec cat'];
  const holder = execa('flock', argv, { detached: true, reject: false, buffer: false, stdin: 'pipe' });
  let errorOutput = '';
  holder.stderr.on('data', (bytes: Buffer) => {
    errorOutput += bytes.toString();
  });
  const ended = once(holder, 'exit').catch((error: unknown) => {
    errorOutput = toAppError(error).message;
    return [null];
  });
  const closed = once(holder.stderr, 'close');
  const held = once(holder.stdout, 'data').then(() => true);
  if (!(await Promise.race([held, ended.then(() => false)]))) {
    const [exitCode]: unknown[] = await ended;
    if (exitCode === exitedByTimeout) throw new AppError('busy', `${taken} (it holds ${file})`, { hint });
    await closed;
    throw new AppError('io', `${file} cannot be locked: ${errorOutput.trim()}`, {
      hint: 'Make the folder writable, and install flock(1) of util-linux.',
    });
  }
  holder.stdout.resume();
  holder.unref();
  return { release: () => holder.stdin.end(), lost: ended.then(() => undefined) };
}
