// Finds paths of a release where the work tree has untracked files, ignored or not.
import type { ReadContext } from '../../site.js';
import { findPaths } from './find_paths.js';
import { splitZero } from '../object_id.js';
import { askGit } from './tenant_git.js';

/**
 * The paths of `added` (what the target adds) with an untracked file at, above or below them. Folders without any
 * tracked file, such as a virtual environment, are not searched. Throws AppError `work-tree`.
 */
export async function findUntracked(readContext: ReadContext, added: readonly string[]): Promise<string[]> {
  if (added.length === 0) return [];
  // A folder without tracked files is one entry, which ends in `/`.
  const untracked = splitZero(await askGit(readContext, ['ls-files', '--others', '--directory', '-z']));
  const { taken, unsure } = compareUntracked(added, untracked);
  const found = await findPaths(readContext, [
    ...new Set(unsure.flatMap(({ path, within }) => belowFolder(path, within))),
  ]);
  const takenInFolders = unsure.filter(({ path, within }) =>
    // A folder above an added path does not block it. Anything else there does, and so does anything at the path
    // itself.
    belowFolder(path, within).some((part) => found.has(part) && (part === path || found.get(part) !== 'd')),
  );
  return [...taken, ...takenInFolders.map(({ path }) => path)];
}

/** `taken` paths conflict. `unsure` paths lie in a folder without tracked files, so the file system must be checked. */
function compareUntracked(
  added: readonly string[],
  untracked: readonly string[],
): { taken: string[]; unsure: { path: string; within: string }[] } {
  const files = new Set(untracked.filter((entry) => !entry.endsWith('/')));
  const folders = new Set(untracked.filter((entry) => entry.endsWith('/')).map((entry) => entry.slice(0, -1)));
  const occupied = new Set(untracked.flatMap((entry) => foldersAbove(entry.replace(/\/$/, ''))));
  const taken: string[] = [];
  const unsure: { path: string; within: string }[] = [];
  for (const path of added) {
    const above = foldersAbove(path);
    const within = above.find((folder) => folders.has(folder));
    if (files.has(path) || folders.has(path) || occupied.has(path) || above.some((folder) => files.has(folder))) {
      taken.push(path);
    } else if (within !== undefined) unsure.push({ path, within });
  }
  return { taken, unsure };
}

/** Of `a/b/c`: `a` and `a/b`. */
function foldersAbove(file: string): string[] {
  const parts = file.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Of `a/b/c/d` in `a`: `a/b`, `a/b/c` and the path itself. */
function belowFolder(file: string, folder: string): string[] {
  return [...foldersAbove(file), file].filter((part) => part.length > folder.length);
}
