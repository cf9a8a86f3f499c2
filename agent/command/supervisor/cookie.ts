// The cookie: a secret in the environment of a command's processes, by which the agent finds those that left its session.
import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { hasErrno } from '../../../shared/os/errno.js';
import { isOutOfResources } from '../os_errors.js';
import type { Environment } from '../tenant_path.js';
import type { RunFolder } from '../run_folder.js';
import { exportEnvironment } from './enter.js';

/** The name of the environment variable that carries the cookie. */
export const cookieVariable = 'DROVER_COMMAND';

/** The kernel limits an environment to a few megabytes; what lies beyond this is not looked at. */
const maxEnvironmentBytes = 2 * 1024 ** 2;
const pieceBytes = 64 * 1024;

/** 128 random bits, in hexadecimal digits. */
export function makeSecret(): string {
  return randomBytes(16).toString('hex');
}

/** The text of a run folder's environment file. The cookie comes first, where `readCookie` finds it. */
export function environmentWith(cookie: string, env: Environment): string {
  return exportEnvironment(Object.assign({ [cookieVariable]: cookie }, env, { [cookieVariable]: cookie }));
}

/** The cookie of the command of this run folder; null before it has one. */
export async function readCookie(run: RunFolder): Promise<string | null> {
  const environment = await readFile(run.environment, 'utf8').catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return '';
    throw error;
  });
  return new RegExp(`^\\d+\\n${cookieVariable}=([^\\0]+)\\0`).exec(environment)?.[1] ?? null;
}

/**
 * Whether the process carries the cookie. Reads piece by piece, off the thread: the process decides how long its
 * environment is. False when it has ended meanwhile, or the agent may not read its environment.
 */
export async function hasCookie(pid: number, cookie: string): Promise<boolean> {
  const needle = `${cookieVariable}=${cookie}\0`;
  try {
    const file = await open(`/proc/${pid}/environ`, 'r');
    try {
      const piece = Buffer.allocUnsafe(pieceBytes);
      let carried = '';
      for (let at = 0; at < maxEnvironmentBytes; ) {
        const { bytesRead } = await file.read(piece, 0, piece.length, at);
        const text = carried + piece.toString('latin1', 0, bytesRead);
        if (text.includes(needle)) return true;
        if (bytesRead === 0) return false;
        carried = text.slice(-needle.length);
        at += bytesRead;
      }
      return false;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isOutOfResources(error)) throw error;
    return false;
  }
}
