// What the operating system refuses for now: a system error's code, looked for in an error and in its causes.
import { hasErrno } from '../../shared/os/errno.js';

/** Disks that are full, out of inodes, over a quota, read-only or broken. */
const diskCodes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'];
/** Descriptors, processes or memory, of this process or of the host. */
const resourceCodes = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'];

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return hasErrno(error, ...codes) || (error instanceof Error && hasCode(error.cause, codes));
}

/** True where a disk took no more of what the agent itself wrote. */
export function isDiskError(error: unknown): boolean {
  return hasCode(error, diskCodes);
}

/** True where the host had no descriptor, process or memory to spare: it says nothing about what was asked for. */
export function isOutOfResources(error: unknown): boolean {
  return hasCode(error, resourceCodes);
}
