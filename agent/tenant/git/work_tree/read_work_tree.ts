// Reads a tenant's work tree: the commit of HEAD, and the tracked files that differ from it.
import { AppError } from '../../../../shared/errors.js';
import type { ReadContext } from '../../site.js';
import { checkWorkTree } from './check_work_tree.js';
import { hashFiles } from './hash_files.js';
import { splitZero } from '../object_id.js';
import { askGit } from './tenant_git.js';

export interface ModifiedFile {
  path: string;
  /** Of its bytes; null: deleted. */
  blob: string | null;
  differs: 'content' | 'mode' | 'kind' | 'deleted' | 'added';
}

export interface WorkTree {
  /** The commit that HEAD is on. */
  head: string;
  /** The branch that HEAD is on, as `refs/heads/main`; null where it is detached. */
  branch: string | null;
  /** Tracked files that differ from HEAD, staged or not, with the blob id of their bytes; null: deleted. */
  modified: ModifiedFile[];
}

const none = '000000';

/**
 * Reads the work tree, changing nothing. Throws AppError `work-tree` when `app_dir` is not the top of a work tree that
 * the tenant's user may use, or when a git operation in it is unfinished.
 */
export async function readWorkTree(readContext: ReadContext): Promise<WorkTree> {
  const { commit: head, branch } = await checkWorkTree(readContext);
  const status = ['status', '--porcelain=v2', '-z', '--no-renames', '--untracked-files=no', '--ignore-submodules=all'];
  const entries = splitZero(await askGit(readContext, status)).map((line) => parseStatus(readContext, line));
  const files = entries.filter(({ mode }) => mode !== none);
  const blobs = await hashFiles(readContext, { files, idLength: head.length });
  const modified = entries.flatMap((entry): ModifiedFile[] => {
    const blob = blobs.get(entry.path) ?? null;
    const differs = findDifference(entry, blob);
    return differs === null ? [] : [{ path: entry.path, blob, differs }];
  });
  return { head, branch, modified };
}

/**
 * Null where mode and bytes are HEAD's, in the index too: by `text` attributes git takes a file for modified that was
 * committed with CRLF, whatever is done to it.
 */
function findDifference(entry: Entry, blob: string | null): ModifiedFile['differs'] | null {
  const { mode, modeBefore, before, staged } = entry;
  if (blob === null) return 'deleted';
  if (modeBefore === none) return 'added';
  if (mode.slice(0, 3) !== modeBefore.slice(0, 3)) return 'kind';
  if (blob !== before) return 'content';
  if (mode !== modeBefore) return 'mode';
  return staged === before ? null : 'content';
}

interface Entry {
  path: string;
  /** In the work tree, and in HEAD. */
  mode: string;
  modeBefore: string;
  /** The blob in HEAD, and the one in the index. */
  before: string;
  staged: string;
}

/** A line of `git status --porcelain=v2`. */
function parseStatus({ site }: ReadContext, line: string): Entry {
  const [, modeBefore, mode, before, staged, path] = /^1 \S+ \S+ (\d+) \d+ (\d+) (\S+) (\S+) (.+)$/s.exec(line) ?? [];
  if (
    modeBefore !== undefined &&
    mode !== undefined &&
    before !== undefined &&
    staged !== undefined &&
    path !== undefined
  ) {
    return { path, mode, modeBefore, before, staged };
  }
  throw new AppError('work-tree', `${site.appDir.shown} has an unmerged path: ${line.split(' ').at(-1)}`, {
    hint: `Finish or abort the merge: git -C ${site.appDir.shown} status`,
  });
}
