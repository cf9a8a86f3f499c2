// Accounts of this host, by name, as commands need them.
import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import { AppError, toAppError } from '../../shared/errors.js';
import type { User } from './spec.js';

/** What getent exits with when the name is not in the database. */
const notFound = 2;

/**
 * The account of that name, from every source the host knows (files, LDAP …).
 * Throws AppError `config` when there is none.
 */
export async function findUser(name: string): Promise<User> {
  const line = await readAccount(name);
  // name:password:uid:gid:comment:home:shell
  const [found, , uid, gid, , home] = line.split(':');
  // getent also accepts a user id; then the name in its answer differs.
  if (found !== name || uid === undefined || gid === undefined || home === undefined) throw unknownUser(name);
  return { name, uid: Number(uid), gid: Number(gid), home };
}

/** As `findUser`. */
export type FindUser = (name: string) => Promise<User>;

/** Finds each account once: every look is a process, and hundreds of tenants can have one account. */
export function rememberUsers(): FindUser {
  const known = new Map<string, Promise<User>>();
  return (name) => {
    const user = known.get(name) ?? findUser(name);
    known.set(name, user);
    return user;
  };
}

/** The account that this process runs as. */
export function currentUser(): User {
  const { username, uid, gid, homedir } = os.userInfo();
  return { name: username, uid, gid, home: homedir };
}

/** Whether programs that gain rights, such as sudo, fail when this user's commands run them. */
export function isConfined(user: User): boolean {
  return user.privileges !== 'keep' && user.uid !== 0;
}

async function readAccount(name: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('getent', ['passwd', '--', name]);
    return stdout.trimEnd();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === notFound) throw unknownUser(name);
    throw toAppError(error);
  }
}

function unknownUser(name: string): AppError {
  return new AppError('config', `user ${name} does not exist`, {
    hint: `name an existing account, or create it: useradd --create-home ${name}`,
  });
}
