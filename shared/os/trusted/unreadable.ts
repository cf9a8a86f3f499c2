// Why a configured file or folder cannot be used, where the system refuses it.
import { userInfo } from 'node:os';
import { AppError, toAppError } from '../../errors.js';
import { hasErrno } from '../errno.js';

/** AppError `config` with the system's reason and the remedy. */
export function unreadable(file: string, error: unknown, missingHint: string): AppError {
  if (error instanceof AppError) return error;
  if (hasErrno(error, 'ENOENT')) {
    return new AppError('config', `${file}: does not exist`, { cause: error, hint: missingHint });
  }
  if (hasErrno(error, 'EACCES', 'EPERM')) {
    const hint = 'use sudo, or change who can read it';
    return new AppError('config', `${file}: cannot be read as ${ownName()}`, { cause: error, hint });
  }
  return new AppError('config', `${file}: ${toAppError(error).message}`, {
    cause: error,
    hint: 'name a file that can be read',
  });
}

/** The name of this process's account, or its id where it has none. */
function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user id ${process.getuid?.() ?? 0}`;
  }
}
