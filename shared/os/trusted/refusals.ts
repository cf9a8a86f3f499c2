// What makes a file or a folder untrusted, in the words of an error: its owner, or a right that others have.
import type { Stats } from 'node:fs';
import { AppError } from '../../errors.js';

export const groupWrite = 0o020;
export const othersWrite = 0o002;
export const groupRead = 0o040;
export const othersRead = 0o004;

/** The account that is trusted beside root. */
export interface Trusted {
  uid: number;
  /** For messages; the id without it. */
  name?: string;
}

/**
 * The way that an entry is on. It may be a tenant's own folder, a home, or one of another program: what it is to them
 * must not change, so the remedy for it is another place and never another owner or mode.
 */
export interface Way {
  /** The path that was named. */
  to: string;
  trusted: Trusted;
  /** A folder of root's where such things usually are: `/etc/drover`. */
  place: string;
}

/** Throws AppError `config` unless root or the account owns it. `way` where it is no more than on the way to something. */
export function refuseOwner(
  entry: string,
  stats: Pick<Stats, 'uid' | 'isSymbolicLink'>,
  { trusted, way }: { trusted: Trusted; way?: Way | undefined },
): void {
  if (stats.uid === 0 || stats.uid === trusted.uid) return;
  const command = stats.isSymbolicLink() ? 'chown -h' : 'chown';
  const own = `${command} ${nameOf(trusted)} ${entry} if nothing else uses it, or name a path that only ${onlyThese(trusted)} can change`;
  throw new AppError('config', `${entry}: belongs to user id ${stats.uid}, who could change it`, {
    hint: way === undefined ? own : moveAway(way),
    details: { untrusted: entry },
  });
}

function moveAway({ to, trusted, place }: Way): string {
  return trusted.uid === 0
    ? `put it into ${place}, or name another path whose folders only root can change (now ${to})`
    : `name a path whose folders only ${onlyThese(trusted)} can change (now ${to})`;
}

/** Throws AppError `config` where the mode has one of these bits. `way` as for `refuseOwner`. */
export function refuseMode(
  entry: string,
  { mode }: Pick<Stats, 'mode'>,
  { bits, way }: { bits: number; way?: Way | undefined },
): void {
  const excess = mode & bits;
  if (excess === 0) return;
  const isWrite = (excess & (groupWrite | othersWrite)) !== 0;
  const isGroup = (excess & (groupWrite | groupRead)) !== 0;
  const isOthers = (excess & (othersWrite | othersRead)) !== 0;
  const who = [...(isGroup ? ['its group'] : []), ...(isOthers ? ['everyone'] : [])].join(' and ');
  const shown = (mode & 0o7777).toString(8).padStart(4, '0');
  // The hint removes every forbidden bit, set or not: one command fixes the file.
  const fixed = [remedy('g', bits >> 3), remedy('o', bits)].filter((part) => part !== '').join(',');
  throw new AppError('config', `${entry}: can be ${isWrite ? 'written' : 'read'} by ${who} (mode ${shown})`, {
    hint: way === undefined ? `chmod ${fixed} ${entry}` : moveAway(way),
    details: { untrusted: entry },
  });
}

/**
 * Throws AppError `config` for a hard link: any user can give a file of root's a second name in a folder that is open to
 * all.
 */
export function refuseSecondName(entry: string, { nlink }: Pick<Stats, 'nlink'>): void {
  if (nlink === 1) return;
  throw new AppError('config', `${entry}: is a hard link to a file that has ${nlink} names`, {
    hint: 'make a copy of it in a folder that others cannot write, and name that',
    details: { untrusted: entry },
  });
}

/** True for an error that says who else could change or read a path, and not that there is none. */
export function isUntrusted(error: unknown): boolean {
  return error instanceof AppError && typeof error.details?.['untrusted'] === 'string';
}

/** `g-rw`, for the bits of one class. */
function remedy(who: string, bits: number): string {
  const rights = `${(bits & othersRead) === 0 ? '' : 'r'}${(bits & othersWrite) === 0 ? '' : 'w'}`;
  return rights === '' ? '' : `${who}-${rights}`;
}

const nameOf = ({ uid, name }: Trusted) => (uid === 0 ? 'root' : (name ?? String(uid)));
const onlyThese = (trusted: Trusted) => (trusted.uid === 0 ? 'root' : `root and ${nameOf(trusted)}`);
