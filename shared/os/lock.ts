// One process per folder: a lock that the kernel releases however its holder ends.
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { execa } from 'execa';
import { AppError, toAppError } from '../errors.js';
import { findForeignHolder } from './lock_holder.js';
import { openOwnFile } from './trusted/write_file.js';

/** The lock of a killed process is free once its helper has ended, which takes a moment. */
const waitSeconds = 2;
/** The exit code of flock(1) after its timeout. */
const exitedByTimeout = 1;

export interface Lock {
  /** Resolves when its helper has ended: systemd finds nothing of this process where it starts the next one. */
  release: () => Promise<void>;
  /** Resolves when the lock is lost: its helper has ended. */
  lost: Promise<void>;
}

/**
 * Takes the lock. Throws AppError `busy` with the message `taken` and the hint, `config` if others could change the file,
 * or `io` if it cannot be locked. Whoever can open the file could take it, so nobody else can (mode 0600).
 * A helper holds it: flock(1) of util-linux, which ends with its standard input, and so with this process.
 */
export async function takeLock(file: string, { taken, hint }: { taken: string; hint: string }): Promise<Lock> {
  const handle = await openOwnFile(file);
  try {
    return await lockHandle(handle, { file, taken, hint });
  } finally {
    await handle.close();
  }
}

async function lockHandle(
  handle: FileHandle,
  { file, taken, hint }: { file: string; taken: string; hint: string },
): Promise<Lock> {
  // The very file that was opened, whatever is at its path by then.
  const opened = `/proc/${process.pid}/fd/${handle.fd}`;
  const argv = ['--exclusive', '--timeout', String(waitSeconds), opened, 'sh', '-c', 'echo locked; exec cat'];
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
    if (exitCode === exitedByTimeout) throw await explainHolder(handle, { file, taken, hint });
    await closed;
    throw new AppError('io', `${file} cannot be locked: ${errorOutput.trim()}`, {
      hint: 'Make the folder writable, and install flock(1) of util-linux.',
    });
  }
  holder.stdout.resume();
  holder.unref();
  const lost = ended.then(() => undefined);
  const release = () => {
    holder.ref();
    holder.stdin.end();
    return lost;
  };
  return { release, lost };
}

/** AppError `busy`. A user who opened the file while an older version let everyone do so may hold it still. */
async function explainHolder(
  handle: FileHandle,
  { file, taken, hint }: { file: string; taken: string; hint: string },
): Promise<AppError> {
  const holder = await findForeignHolder(await handle.stat({ bigint: true }));
  if (holder === null) return new AppError('busy', `${taken} (it holds ${file})`, { hint });
  const { pid, uid, name } = holder;
  return new AppError(
    'busy',
    `${file} is held by process ${pid} (${name}) of user id ${uid}, which has no business with it`,
    {
      hint: `End it: kill ${pid}. No other user can open the file any more.`,
    },
  );
}
