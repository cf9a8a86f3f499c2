// Reads a file that configuration names: checks its whole path, opens it once, and looks at what was opened.
import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '../../errors.js';
import { sharedLimits, type Limit } from '../../limits.js';
import { checkPath, ownAccount, type PathRules } from './check_path.js';
import {
  groupRead,
  groupWrite,
  othersRead,
  othersWrite,
  refuseMode,
  refuseOwner,
  refuseSecondName,
} from './refusals.js';
import { unreadable } from './unreadable.js';

interface Kind {
  /** The bits that must not be set. */
  forbidden: number;
  limit: Limit;
}

const kinds = {
  /** Holds no secret. */
  config: { forbidden: groupWrite | othersWrite, limit: sharedLimits.configFile },
  /** May hold secrets that a group shares. */
  environment: { forbidden: groupWrite | othersWrite | othersRead, limit: sharedLimits.secretFile },
  /** A token or a key. */
  secret: { forbidden: groupWrite | othersWrite | groupRead | othersRead, limit: sharedLimits.secretFile },
} as const satisfies Record<string, Kind>;
export type FileKind = keyof typeof kinds;

export type ReadRules = Pick<PathRules, 'trusted' | 'missingHint'>;

const largestChunkBytes = 16 * 1024;
const smallestChunkBytes = 512;
/** A link in place of the file fails, and a FIFO or a device does not block. */
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * The content of an absolute path. Throws AppError `config` unless it is a regular file, no larger than its kind may be,
 * that only root and the account can change by its whole path, and that nobody can read whom the kind excludes.
 */
export async function readTrustedFile(file: string, kind: FileKind, rules: ReadRules = {}): Promise<Buffer> {
  return withTrustedFile(file, { kind, rules }, (handle, sizeBytes) =>
    readUpTo(handle, { file, sizeBytes, limit: kinds[kind].limit }),
  );
}

/** The same checks for a file that another program opens by its path. */
export async function checkTrustedFile(file: string, kind: FileKind, rules: ReadRules = {}): Promise<void> {
  await withTrustedFile(file, { kind, rules }, () => Promise.resolve());
}

/**
 * The text of a file whose content is only used to mask it in output, so it may be anybody's. Empty where there is no
 * regular file of that size.
 */
export async function readToMask(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY).catch(() => null);
  if (handle === null) return '';
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return '';
    return (await readUpTo(handle, { file, sizeBytes: stats.size, limit: sharedLimits.secretFile })).toString();
  } catch {
    return '';
  } finally {
    await handle.close();
  }
}

async function withTrustedFile<T>(
  file: string,
  { kind, rules }: { kind: FileKind; rules: ReadRules },
  use: (handle: FileHandle, sizeBytes: number) => Promise<T>,
): Promise<T> {
  const { trusted = ownAccount(), missingHint = `create ${file}, or name the right file` } = rules;
  const { real, stats, isInSharedFolder } = await checkPath(file, { trusted, missingHint });
  // Before it is opened: to open a device can have effects.
  requireFile(file, stats);
  const handle = await open(real, readFlags).catch((error: unknown) => {
    throw unreadable(file, error, missingHint);
  });
  try {
    const opened = await handle.stat();
    requireFile(file, opened);
    refuseOwner(file, opened, { trusted });
    refuseMode(file, opened, { bits: kinds[kind].forbidden });
    if (isInSharedFolder) refuseSecondName(file, opened);
    refuseSize(file, opened.size, kinds[kind].limit);
    return await use(handle, opened.size);
  } finally {
    await handle.close();
  }
}

function requireFile(file: string, stats: Stats | null): void {
  if (stats?.isFile() === true) return;
  throw new AppError('config', `${file}: is not a file`, { hint: 'name a regular file' });
}

function refuseSize(file: string, sizeBytes: number, { max, of }: Limit): void {
  if (sizeBytes <= max) return;
  throw new AppError('config', `${file}: is ${sizeBytes} bytes large; ${of} has at most ${max}`, {
    hint: 'name the right file, or make it smaller',
  });
}

/** All of it, which may have grown since its size was looked at. */
async function readUpTo(
  handle: FileHandle,
  { file, sizeBytes, limit }: { file: string; sizeBytes: number; limit: Limit },
): Promise<Buffer> {
  // Most files are far smaller, and there can be hundreds.
  const chunkBytes = Math.min(largestChunkBytes, Math.max(smallestChunkBytes, sizeBytes + 1));
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, length);
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    refuseSize(file, length, limit);
  }
}
