// Detects temporary system errors by their code, in an error and in its causes.
import { hasErrno } from '../../shared/os/errno.js';

/** Disks that are full, out of inodes, over a quota, read-only or broken. */
const diskCodes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'];
/** Descriptors, processes or memory, of this process or of the host. */
const resourceCodes = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'];

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return hasErrno(error, ...codes) || (error instanceof Error && hasCode(error.cause, codes));
}

/** True where a disk refused a write of the agent itself. */
export function isDiskError(error: unknown): boolean {
  return hasCode(error, diskCodes);
}

/** True where the host has no free descriptor, process or memory. The operation itself may be fine; retry it. */
export function isOutOfResources(error: unknown): boolean {
  return hasCode(error, resourceCodes);
}
