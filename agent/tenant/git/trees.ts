// Reads trees, files and differences out of a mirror.
import { AppError } from '../../../shared/errors.js';
import { decodeBytes } from '../../../shared/os/byte_text.js';
import { agentLimits } from '../../limits.js';
import { mirrorGit, type Mirror } from './mirror.js';
import { requireObjectId, splitZero } from './object_id.js';
import type { Tree, TreeEntry } from '../tree.js';

export interface ChangedPath {
  /** Added, modified, deleted, or another type (such as a file that became a symlink). */
  status: 'A' | 'M' | 'D' | 'T';
  path: string;
}

/** The mirror's files for planning. A commit never changes, so each listing is read once. */
export function createTree(mirror: Mirror): Tree {
  const lists = new Map<string, Promise<TreeEntry[]>>();
  return {
    list(commit, folder = '') {
      const key = `${commit} ${folder}`;
      const list = lists.get(key) ?? readTree(mirror, commit, folder === '' ? undefined : folder);
      lists.set(key, list);
      return list;
    },
    sizes: (oids) => readSizes(mirror, oids),
    read: (oids) => readBlobs(mirror, oids),
  };
}

/** Every entry of the commit's tree, or of one folder in it; empty when there is no such folder. */
export async function readTree(mirror: Mirror, commit: string, folder?: string): Promise<TreeEntry[]> {
  const within = folder === undefined ? [] : ['--', folder];
  const { stdout } = await mirrorGit(mirror, [
    'ls-tree',
    '-r',
    '-z',
    '--full-tree',
    requireObjectId(commit),
    ...within,
  ]);
  const lines = splitZero(decodeBytes(stdout));
  const { max } = agentLimits.treeEntries;
  if (lines.length > max) {
    throw new AppError(
      'unsupported-repository',
      `the release has ${lines.length} files; at most ${max} are supported`,
      {
        hint: 'Keep generated files and installed packages out of the repository.',
      },
    );
  }
  return lines.map((entry) => {
    const [, mode, type, oid, path] = /^(\d+) (\w+) ([0-9a-f]+)\t(.+)$/s.exec(entry) ?? [];
    if (mode === undefined || oid === undefined || path === undefined) throw unexpected(entry);
    if (type !== 'blob' && type !== 'tree' && type !== 'commit') throw unexpected(entry);
    return { mode, type, oid, path };
  });
}

/** The sizes of many files in bytes, by object id, with one process. */
async function readSizes(mirror: Mirror, oids: readonly string[]): Promise<Map<string, number>> {
  if (oids.length === 0) return new Map();
  const stdin = [...new Set(oids)].map((oid) => `${requireObjectId(oid)}\n`).join('');
  const { stdout } = await mirrorGit(mirror, ['cat-file', '--batch-check=%(objectname) %(objectsize)'], { stdin });
  const lines = stdout.toString().trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const [, oid, size] = /^([0-9a-f]+) (\d+)$/.exec(line) ?? [];
      if (oid === undefined || size === undefined) throw unexpected(line);
      return [oid, Number(size)];
    }),
  );
}

/** Throws AppError `unsupported-repository` for a file, or for files together, that are too large to be read. */
function refuseLarge(sizes: ReadonlyMap<string, number>): void {
  const { repositoryFile, repositoryRead } = agentLimits;
  const hint =
    'Keep large files out of the repository: fetch them in a release hook, or install them as a requirement.';
  const [largest] = [...sizes].toSorted(([, left], [, right]) => right - left);
  if (largest !== undefined && largest[1] > repositoryFile.max) {
    const message = `the file with git object ${largest[0]} is ${largest[1]} bytes long; at most ${repositoryFile.max} are read`;
    throw new AppError('unsupported-repository', message, { hint });
  }
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (total <= repositoryRead.max) return;
  const message = `${sizes.size} files of the release have ${total} bytes together; at most ${repositoryRead.max} are read`;
  throw new AppError('unsupported-repository', message, { hint });
}

/**
 * The contents of many files, by object id. Their sizes are asked for first: a file that packs well can be a thousand
 * times as large as what was fetched. Throws AppError `unsupported-repository` where they are too large.
 */
export async function readBlobs(mirror: Mirror, oids: readonly string[]): Promise<Map<string, Buffer>> {
  const blobs = new Map<string, Buffer>();
  if (oids.length === 0) return blobs;
  refuseLarge(await readSizes(mirror, oids));
  const stdin = [...new Set(oids)].map((oid) => `${requireObjectId(oid)}\n`).join('');
  const { stdout } = await mirrorGit(mirror, ['cat-file', '--batch'], { stdin });
  for (let at = 0; at < stdout.length; ) {
    const lineEnd = stdout.indexOf('\n', at);
    const line = stdout.toString('utf8', at, lineEnd === -1 ? stdout.length : lineEnd);
    const [, oid, size] = /^([0-9a-f]+) blob (\d+)$/.exec(line) ?? [];
    if (oid === undefined || size === undefined) throw unexpected(line);
    const contentEnd = lineEnd + 1 + Number(size);
    blobs.set(oid, stdout.subarray(lineEnd + 1, contentEnd));
    at = contentEnd + 1;
  }
  return blobs;
}

/** The paths in which two commits differ; a renamed file is one that is deleted and one that is added. */
export async function changedPaths(mirror: Mirror, from: string, to: string): Promise<ChangedPath[]> {
  const commits = [requireObjectId(from), requireObjectId(to)];
  const { stdout } = await mirrorGit(mirror, ['diff-tree', '-r', '-z', '--no-renames', '--name-status', ...commits]);
  const words = splitZero(decodeBytes(stdout));
  const changes: ChangedPath[] = [];
  for (let at = 0; at < words.length; at += 2) {
    const [status, path] = [words[at], words[at + 1]];
    if (path === undefined) throw unexpected(String(status));
    if (status !== 'A' && status !== 'M' && status !== 'D' && status !== 'T') throw unexpected(`${status} ${path}`);
    changes.push({ status, path });
  }
  return changes;
}

function unexpected(text: string): AppError {
  return new AppError('internal', `unexpected output of git: ${JSON.stringify(text)}`);
}
